import Images
import Processes

extension DockerClient {
    /// Where the daemon keeps images, as a path on its own machine. One process.
    package func dataDirectory() async throws(DockerError) -> String {
        let arguments = ["info", "--format", "{{.DockerRootDir}}"]
        let answer = try await capture(arguments, timeLimit: Self.answerLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return answer.output.trimmingWhitespace()
    }

    /// Which registries the daemon speaks plain http to, or takes with any certificate: hosts with or without a port,
    /// and ranges of addresses. One process.
    package func insecureRegistries() async throws(DockerError) -> [String] {
        try await registryConfiguration(Self.insecureRegistries)
    }

    /// Where the daemon asks for images of Docker Hub first, in its order: `https://` or `http://` and a host with or
    /// without a port. One process.
    package func registryMirrors() async throws(DockerError) -> [String] {
        try await registryConfiguration(Self.registryMirrors)
    }

    private func registryConfiguration<Value>(_ read: (String) -> Value?) async throws(DockerError) -> Value {
        let arguments = ["info", "--format", "{{json .RegistryConfig}}"]
        let answer = try await capture(arguments, timeLimit: Self.answerLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        guard let value = read(answer.output) else {
            throw .unexpectedAnswer(command: "docker info", message: answer.output.trimmingWhitespace())
        }
        return value
    }

    /// Reads them in the daemon's configuration of registries. Nil if that is no JSON object.
    static func registryMirrors(in json: String) -> [String]? {
        guard let configuration = try? JSONValue(parsing: json.utf8), configuration.object != nil else { return nil }
        return configuration["Mirrors"]?.array?.compactMap(\.string) ?? []
    }

    /// Reads them in the daemon's configuration of registries. Nil if that is no JSON object.
    static func insecureRegistries(in json: String) -> [String]? {
        guard let configuration = try? JSONValue(parsing: json.utf8), configuration.object != nil else { return nil }
        let ranges = configuration["InsecureRegistryCIDRs"]?.array?.compactMap(\.string) ?? []
        let hosts = configuration["IndexConfigs"]?.object?.filter { $0.value["Secure"] == .bool(false) } ?? [:]
        // The daemon looks names up before it compares them with the ranges, and this one needs no looking up.
        let loopback = ranges.contains("127.0.0.0/8") ? ["localhost"] : []
        return ranges + loopback + hosts.keys.sorted()
    }
}
