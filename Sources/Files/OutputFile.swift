import CLibrary
import SystemPackage

/// A file that others read at any time: it is there whole or not at all.
package struct OutputFile {
    /// Who reads it.
    package enum Reader {
        /// Other users too, such as a collector, also after the machine has failed: it is on the disk before it is
        /// there.
        case everyone
        /// Its owner, in a moment.
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

    /// Replaces what is there by `bytes`. A device or a pipe is written to as it is, and so is what `/dev/stdout`
    /// and its like lead to. Another link stays: what it leads to is replaced.
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

    /// As many links are followed one after the other, as Linux does.
    private static let mostLinks = 40

    /// Whether a path names something that a process has open, or a device.
    private static func isOpenElsewhere(_ path: FilePath) -> Bool {
        ["/dev", "/proc"].contains { path.starts(with: FilePath($0)) }
    }

    /// What links at the end of a path lead to, whether it is there or not.
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
        // In the same directory, or it could not be renamed; a hidden one, which no collector reads.
        var template = Array(path.removingLastComponent().appending(".\(name).new.XXXXXX").string.utf8CString)
        let number = mkstemp(&template)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        let file = FileDescriptor(rawValue: number)
        do {
            try file.closeAfter {
                // Whatever the umask: the reader may be another user.
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
