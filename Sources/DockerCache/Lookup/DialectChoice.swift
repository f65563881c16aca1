import Docker
import Fingerprint
import Store
import SystemPackage

/// Finds out how a build on this machine reads ignore files.
///
/// The client's version decides, and whether it builds with BuildKit. The version costs a process the first time; the
/// index remembers it for as long as the executable is the same.
enum DialectChoice {
    /// - Parameters:
    ///   - docker: where there is none, nothing can be built, and the newest reading is as good as any
    ///   - home: the user's home directory
    static func dialect(
        _ docker: () throws -> DockerClient,
        index: LookupIndex,
        home: FilePath?
    ) async throws -> IgnoreDialect {
        let client: DockerClient
        do {
            client = try docker()
        } catch DockerError.clientMissing {
            return .current
        }
        let major = try await clientMajor(client, index)
        let builder = client.expectedBuilder(clientMajor: major, home: home)
        return IgnoreDialect(clientMajor: major, usesBuildKit: builder.isBuildKit)
    }

    private static func clientMajor(_ client: DockerClient, _ index: LookupIndex) async throws -> Int {
        guard let executable = client.executableIdentity else { return try await client.clientMajor() }
        let path = executable.path.pathBytes
        let known = index.attempt { try $0.executables.find(path: path, state: executable.state) } ?? nil
        if let known, let major = Int(known) { return major }
        let major = try await client.clientMajor()
        index.attempt { try $0.executables.save(path: path, state: executable.state, facts: "\(major)") }
        return major
    }
}
