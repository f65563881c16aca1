import CLibrary
import Dispatch
import Formatting
import Synchronization
import SystemPackage

/// Azure's public cloud, in which a registry has the host `NAME.azurecr.io`. The same name may belong to another
/// registry in another cloud.
enum AzureCloud {
    /// Whether the Azure command line works in the public cloud, according to its variable or configuration.
    ///
    /// https://learn.microsoft.com/cli/azure/azure-cli-configuration
    ///
    /// - Parameter read: returns the content of a file; nil if it does not exist or is not readable
    static func isPublic(environment: [String: String], home: FilePath?, read: (FilePath) -> String?) -> Bool {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let directory = variable("AZURE_CONFIG_DIR").map { FilePath($0) } ?? home?.appending(".azure")
        let configured = directory.flatMap { read($0.appending("config")) }
            .flatMap { AWSProfile.section(["cloud"], of: $0)["name"] }
        return ["AzureCloud", ""].contains(variable("AZURE_CLOUD_NAME") ?? configured ?? "")
    }

    /// Whether the name of a host has an address. If that takes longer than `limit`, false.
    static func hasAddress(_ host: String, limit: Duration = .seconds(1)) async -> Bool {
        await withCheckedContinuation { continuation in
            let waiting = Mutex<CheckedContinuation<Bool, Never>?>(continuation)
            let answer = { @Sendable (isFound: Bool) in
                waiting.withLock { waiting in
                    defer { waiting = nil }
                    return waiting
                }?.resume(returning: isFound)
            }
            // A thread that blocks must not be one of those that run tasks.
            DispatchQueue.global().async {
                var hints = addrinfo()
                hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
                var found: UnsafeMutablePointer<addrinfo>?
                let isFound = getaddrinfo(host, nil, &hints, &found) == 0
                if isFound { freeaddrinfo(found) }
                answer(isFound)
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(limit.wholeMilliseconds))) {
                answer(false)
            }
        }
    }
}
