import CLibrary
import SystemPackage

/// What the environment says of a run of the random tests.
public enum TestSettings {
    /// What random tests are made of; the same in every run unless one is named.
    public static let seed = variable("DOCKER_CACHE_TEST_SEED").flatMap { UInt64($0) } ?? 20_261_123

    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Says it at once, also where standard output is a file.
    public static func say(_ text: String) {
        _ = try? FileDescriptor.standardOutput.writeAll((text + "\n").utf8)
    }
}
