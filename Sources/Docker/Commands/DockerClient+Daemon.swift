import Images
import Processes

extension DockerClient {
    /// The directory where the daemon stores images, as a path on its own machine. Runs one process.
    package func dataDirectory() async throws(DockerError) -> String {
        let arguments = ["info", "--format", "{{.DockerRootDir}}"]
        let answer = try await capture(arguments, timeLimit: Self.answerLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return answer.output.trimmingWhitespace()
    }

    /// The registries that the daemon reaches over plain HTTP or with any certificate: hosts with or without a port,
    /// and address ranges. Runs one process.
    package func insecureRegistries() async throws(DockerError) -> [String] {
        try await registryConfiguration(Self.insecureRegistries)
    }

    /// The mirrors that the daemon tries first for images of Docker Hub, in its order: `https://` or `http://` and a
    /// host with or without a port. Runs one process.
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

    /// Reads the mirrors from the daemon's registry configuration. Nil if it is not a JSON object.
    static func registryMirrors(in json: String) -> [String]? {
        guard let configuration = try? JSONValue(parsing: json.utf8), configuration.object != nil else { return nil }
        return configuration["Mirrors"]?.array?.compactMap(\.string) ?? []
    }

    /// Reads the insecure registries from the daemon's registry configuration. Nil if it is not a JSON object.
    static func insecureRegistries(in json: String) -> [String]? {
        guard let configuration = try? JSONValue(parsing: json.utf8), configuration.object != nil else { return nil }
        let ranges = configuration["InsecureRegistryCIDRs"]?.array?.compactMap(\.string) ?? []
        let hosts = configuration["IndexConfigs"]?.object?.filter { $0.value["Secure"] == .bool(false) } ?? [:]
        // The daemon resolves names before it compares them with the ranges. This name needs no resolution.
        let loopback = ranges.contains("127.0.0.0/8") ? ["localhost"] : []
        return ranges + loopback + hosts.keys.sorted()
    }
}
