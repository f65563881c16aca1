import CLibrary
import SystemPackage

/// The settings of the random tests, from the environment.
public enum TestSettings {
    /// The seed of random tests. It is the same in every run unless the environment sets another one.
    public static let seed = variable("DOCKER_CACHE_TEST_SEED").flatMap { UInt64($0) } ?? 20_261_123

    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Prints a line at once, even if standard output is a file.
    public static func say(_ text: String) {
        _ = try? FileDescriptor.standardOutput.writeAll((text + "\n").utf8)
    }
}
