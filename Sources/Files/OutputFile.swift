import CLibrary
import SystemPackage

/// A file that others may read at any time: it is either complete or absent.
package struct OutputFile {
    /// Who reads the file.
    package enum Reader {
        /// Any user, such as a collector. The file must survive a failure of the machine, so it is on the disk before
        /// it is visible.
        case everyone
        /// Its owner, soon after.
        case owner

        fileprivate var permissions: FilePermissions {
            switch self {
            case .everyone: [.ownerReadWrite, .groupRead, .otherRead]
            case .owner: .ownerReadWrite
            }
        }
    }

    private let path: FilePath
    private let reader: Reader

    package init(_ path: String, for reader: Reader) {
        self.path = FilePath(path)
        self.reader = reader
    }

    /// Replaces the content with `bytes`. Devices, pipes, and the targets of `/dev/stdout` and the like are written to
    /// directly. Other links are kept: their target is replaced.
    package func write(_ bytes: [UInt8]) throws(OutputFileError) {
        do {
            let target = try Self.target(of: path)
            if Self.isOpenElsewhere(target) || (try? target.stat().type).map({ $0 != .regular }) ?? false {
                let file = try FileDescriptor.open(target, .writeOnly, options: [.append])
                try file.closeAfter { _ = try file.writeAll(bytes) }
            } else {
                try Self.replace(target, with: bytes, for: reader)
            }
        } catch {
            throw OutputFileError(path: path.string, reason: "\(error)")
        }
    }

    /// The maximum number of links to follow, as on Linux.
    private static let mostLinks = 40

    /// Whether a path names a device, or a file that a process has open.
    private static func isOpenElsewhere(_ path: FilePath) -> Bool {
        ["/dev", "/proc"].contains { path.starts(with: FilePath($0)) }
    }

    /// The target of the links at the end of a path, whether it exists or not.
    private static func target(of path: FilePath) throws -> FilePath {
        var path = path
        for _ in 0..<mostLinks {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            guard !isOpenElsewhere(path) else { return path }
            guard path.withPlatformString({ readlink($0, &buffer, buffer.count - 1) }) >= 0 else { return path }
            path = path.removingLastComponent().pushing(FilePath(platformString: buffer))
        }
        throw Errno.tooManySymbolicLinkLevels
    }

    private static func replace(_ path: FilePath, with bytes: [UInt8], for reader: Reader) throws {
        let name = path.lastComponent?.string ?? ""
        // In the same directory, so that it can be renamed; hidden, so that no collector reads it.
        var template = Array(path.removingLastComponent().appending(".\(name).new.XXXXXX").string.utf8CString)
        let number = mkstemp(&template)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        let file = FileDescriptor(rawValue: number)
        do {
            try file.closeAfter {
                // Independent of the umask: the reader may be another user.
                guard fchmod(number, reader.permissions.rawValue) == 0 else { throw Errno(rawValue: errno) }
                _ = try file.writeAll(bytes)
                if reader == .everyone, fsync(number) != 0 { throw Errno(rawValue: errno) }
            }
            guard rename(template, path.string) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            unlink(template)
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
