import SystemPackage

/// What is mounted where, as Linux tells it in `/proc/self/mountinfo` (proc(5)).
struct MountTable {
    /// In the order of the file: a later one may lie over an earlier one.
    private let mounts: [(point: FilePath, type: String)]

    package init(_ text: String) {
        mounts = text.split(separator: "\n").compactMap { line in
            // 36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/root rw
            let fields = line.split(separator: " ")
            guard fields.count > 4, let separator = fields.firstIndex(of: "-"), separator + 1 < fields.count else {
                return nil
            }
            return (FilePath(Self.unescaped(fields[4])), String(fields[separator + 1]))
        }
    }

    /// The type of the file system that an absolute path without links is on; nil if nothing is mounted there.
    package func type(of path: FilePath) -> String? {
        var found: (point: FilePath, type: String)?
        for mount in mounts where path.starts(with: mount.point) {
            if let found, found.point.components.count > mount.point.components.count { continue }
            found = mount
        }
        return found?.type
    }

    /// Spaces and their like are written as a backslash and three octal digits.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
