import CLibrary
package import SystemPackage

extension FileDescriptor {
    /// A file without a name that holds `content`, to be read from its beginning: what a process gets as its standard
    /// input.
    ///
    /// Not a pipe: a process may end without reading, and what was still to be written would then be an error, or a
    /// signal; and a pipe that is full waits for its reader. The file has mode 0600, its name is removed before
    /// anything is written to it, and where there is a file system in memory, it is there.
    package static func file(holding content: [UInt8]) throws(Errno) -> FileDescriptor {
        let file = try withoutName()
        do {
            try file.writeAll(content)
            try file.seek(offset: 0, from: .start)
            return file
        } catch {
            // What the file could not hold is the error; that it cannot be closed either adds nothing.
            try? file.close()
            throw error as? Errno ?? .ioError
        }
    }

    /// Where files can be: in memory where there is such a place, as on Linux.
    private static let directories = ["/dev/shm", "/tmp"]

    private static func withoutName() throws(Errno) -> FileDescriptor {
        var failure = Errno.noSuchFileOrDirectory
        for directory in directories {
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
