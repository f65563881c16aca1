import CLibrary
package import SystemPackage

extension FileDescriptor {
    /// A file without a name that holds `content`, positioned at its beginning, for the standard input of a process.
    ///
    /// It is not a pipe. A process may end without reading, and writing the rest would then cause an error or a signal.
    /// A full pipe would wait for its reader. The file has mode 0600, its name is removed before anything is written,
    /// and it is in memory if there is a file system in memory.
    ///
    /// - Parameter environment: `TMPDIR` is read
    package static func file(
        holding content: [UInt8],
        environment: [String: String]
    ) throws(Errno) -> FileDescriptor {
        let file = try withoutName(in: ["/dev/shm", environment["TMPDIR"] ?? "", "/tmp"])
        do {
            try file.writeAll(content)
            try file.seek(offset: 0, from: .start)
            return file
        } catch {
            // The failed write is the error; a failure to close adds nothing.
            try? file.close()
            throw error as? Errno ?? .ioError
        }
    }

    /// Reads the rest of the file.
    package func readToEnd() throws -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let part = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            guard !part.isEmpty else { return content }
            content += part
        }
    }

    /// - Parameter directories: the places to try, in order; only absolute paths are used
    private static func withoutName(in directories: [String]) throws(Errno) -> FileDescriptor {
        var failure = Errno.noSuchFileOrDirectory
        for directory in directories where directory.hasPrefix("/") {
            var template = Array("\(directory)/docker-cache.XXXXXX".utf8CString)
            let number = mkstemp(&template)
            guard number >= 0 else {
                failure = Errno(rawValue: errno)
                continue
            }
            unlink(template)
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            return FileDescriptor(rawValue: number)
        }
        throw failure
    }
}

/// The standard input of a process that must not reach its end before the process ends.
package struct EndlessInput: Sendable {
    /// The end of the pipe for the process.
    package let descriptor: FileDescriptor
    private let held: FileDescriptor

    /// Holds `content`. Throws if it exceeds the capacity of a pipe, usually 64 KiB.
    package init(holding content: [UInt8]) throws(Errno) {
        var pipe: [Int32] = [-1, -1]
        guard CLibrary.pipe(&pipe) == 0 else { throw Errno(rawValue: errno) }
        pipe.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        (descriptor, held) = (FileDescriptor(rawValue: pipe[0]), FileDescriptor(rawValue: pipe[1]))
        // Write before anything reads, while the read end is open: writing to a pipe without a reader raises a signal.
        _ = fcntl(pipe[1], F_SETFL, O_NONBLOCK)
        let written = write(pipe[1], content, content.count)
        guard written == content.count else {
            let reason = written < 0 ? Errno(rawValue: errno) : .noBufferSpace
            pipe.forEach { _ = CLibrary.close($0) }
            throw reason
        }
    }

    /// Ends the input.
    package func end() { _ = CLibrary.close(held.rawValue) }
}
