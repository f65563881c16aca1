import CLibrary
import SystemPackage

/// A file that others read at any time: it is there whole or not at all, and everybody may read it.
package struct OutputFile {
    private let path: FilePath

    package init(_ path: String) {
        self.path = FilePath(path)
    }

    private static let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]

    /// Puts `bytes` in place of what is there. A device or a pipe is written to as it is.
    package func write(_ bytes: [UInt8]) throws(OutputFileError) {
        do {
            if let type = try? path.stat().type, type != .regular {
                let file = try FileDescriptor.open(path, .writeOnly)
                try file.closeAfter { _ = try file.writeAll(bytes) }
            } else {
                try replace(with: bytes)
            }
        } catch {
            throw OutputFileError(path: path.string, reason: "\(error)")
        }
    }

    private func replace(with bytes: [UInt8]) throws {
        let name = path.lastComponent?.string ?? ""
        // In the same directory, or it could not be renamed; with an end that nobody collects.
        let temporary = path.removingLastComponent().appending(".\(name).\(getpid()).new")
        let file = try FileDescriptor.open(
            temporary,
            .writeOnly,
            options: [.create, .truncate, .noFollow],
            permissions: Self.permissions
        )
        do {
            try file.closeAfter {
                // Whatever the umask: the collector is another user.
                guard fchmod(file.rawValue, Self.permissions.rawValue) == 0 else { throw Errno(rawValue: errno) }
                _ = try file.writeAll(bytes)
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            unlink(temporary.string)
            throw error
        }
    }
}

/// A result could not be written.
package struct OutputFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    package var description: String {
        "\(path) could not be written: \(reason). Name a file in a directory that is there and that this user may "
            + "write to."
    }
}
