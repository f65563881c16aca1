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
