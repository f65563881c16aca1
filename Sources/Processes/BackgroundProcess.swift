import CLibrary
import FoundationEssentials
package import SystemPackage

/// Starts a program that may go on after this process has ended.
package enum BackgroundProcess {
    /// Starts a program in a session of its own, so that no signal for a job's processes reaches it. It has the current
    /// directory, and no open file except its standard input: a pipe that it kept open would let its reader wait.
    ///
    /// Nothing waits for it, and its exit status is lost.
    ///
    /// - Parameter input: the content of its standard input
    package static func start(
        _ executable: FilePath,
        arguments: [String],
        environment: [String: String],
        input: [UInt8]
    ) throws(Errno) {
        let input = try FileDescriptor.file(holding: input, environment: environment)
        defer { try? input.close() }
        var actions = posix_spawn_file_actions_t()
        try check(posix_spawn_file_actions_init(&actions))
        defer { posix_spawn_file_actions_destroy(&actions) }
        try check(posix_spawn_file_actions_adddup2(&actions, input.rawValue, STDIN_FILENO))
        for output in [STDOUT_FILENO, STDERR_FILENO] {
            try check(posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0))
        }
        keepFilesFromPrograms()
        var attributes = posix_spawnattr_t()
        try check(posix_spawnattr_init(&attributes))
        defer { posix_spawnattr_destroy(&attributes) }
        try check(posix_spawnattr_setflags(&attributes, newSession))
        let words = [executable.string] + arguments
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let code = withStrings(words) { words in
            withStrings(variables) { variables in
                var process = pid_t()
                return posix_spawn(&process, executable.string, &actions, &attributes, words, variables)
            }
        }
        try check(code)
    }

    /// Closes every file of this process except the standard ones in programs that it starts from now on.
    private static func keepFilesFromPrograms() {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") else { return }
        for number in names.compactMap({ CInt($0) }) where number > STDERR_FILENO {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
    }

    /// `POSIX_SPAWN_SETSID` of `<spawn.h>`, which declares it for GNU sources only.
    private static let newSession: Int16 = 0x80

    /// These functions return the error instead of setting `errno`.
    private static func check(_ code: CInt) throws(Errno) {
        guard code == 0 else { throw Errno(rawValue: code) }
    }

    /// Calls `body` with a list of C strings that ends with nil.
    private static func withStrings<Result>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}
