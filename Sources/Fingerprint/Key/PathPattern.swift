import CLibrary
package import SystemPackage

/// A path or a glob in a `cache-key`: `*`, `?` and `[…]` within a name as in a shell, and `**` for any number of
/// directories. Only an explicit dot matches the dot at the beginning of a name.
package struct PathPattern: Sendable {
    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// Returns the matching paths below `directory`, sorted as bytes, each relative to `directory` (or absolute if the
    /// pattern is). Links are followed, except by `**`.
    ///
    /// Throws `Errno` if a directory cannot be read.
    package func matches(in directory: FilePath) throws -> [[UInt8]] {
        let isAbsolute = text.hasPrefix("/")
        let components = text.split(separator: "/").map(String.init).filter { $0 != "." }
        var found: Set<[UInt8]> = []
        try expand(
            components[...],
            at: isAbsolute ? Array("/".utf8) : [],
            root: isAbsolute ? "/" : directory,
            into: &found
        )
        return found.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func expand(
        _ components: ArraySlice<String>,
        at prefix: [UInt8],
        root: FilePath,
        into found: inout Set<[UInt8]>
    ) throws {
        guard let component = components.first else {
            if !prefix.isEmpty, exists(prefix, root: root) { found.insert(prefix) }
            return
        }
        let rest = components.dropFirst()
        if component == "**" {
            guard prefix.isEmpty || isDirectory(prefix, root: root, followingLinks: true) else { return }
            try expand(rest, at: prefix, root: root, into: &found)
            for name in try names(in: prefix, root: root) where name.first != UInt8(ascii: ".") {
                let path = join(prefix, name)
                if isDirectory(path, root: root, followingLinks: false) {
                    try expand(components, at: path, root: root, into: &found)
                } else if rest.isEmpty {
                    found.insert(path)
                }
            }
        } else if component.contains(where: { "*?[\\".contains($0) }) {
            guard prefix.isEmpty || isDirectory(prefix, root: root, followingLinks: true) else { return }
            for name in try names(in: prefix, root: root) {
                var terminated = name.map { CChar(bitPattern: $0) }
                terminated.append(0)
                if fnmatch(component, terminated, FNM_PERIOD) == 0 {
                    try expand(rest, at: join(prefix, name), root: root, into: &found)
                }
            }
        } else {
            try expand(rest, at: join(prefix, Array(component.utf8)), root: root, into: &found)
        }
    }

    private func join(_ prefix: [UInt8], _ name: [UInt8]) -> [UInt8] {
        prefix.isEmpty || prefix.last == UInt8(ascii: "/") ? prefix + name : prefix + [UInt8(ascii: "/")] + name
    }

    private func status(_ path: [UInt8], root: FilePath, followingLinks: Bool) -> stat? {
        var terminated = PathBytes.resolve(path, against: root)
        terminated.append(0)
        var information = stat()
        let result = followingLinks ? stat(terminated, &information) : lstat(terminated, &information)
        return result == 0 ? information : nil
    }

    private func exists(_ path: [UInt8], root: FilePath) -> Bool {
        status(path, root: root, followingLinks: true) != nil
    }

    private func isDirectory(_ path: [UInt8], root: FilePath, followingLinks: Bool) -> Bool {
        status(path, root: root, followingLinks: followingLinks).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    private func names(in path: [UInt8], root: FilePath) throws -> [[UInt8]] {
        var terminated = PathBytes.resolve(path, against: root)
        terminated.append(0)
        guard let stream = opendir(terminated) else { throw Errno(rawValue: errno) }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw Errno(rawValue: errno) }
        return names
    }
}

/// Paths as bytes, for system calls that accept nothing else.
enum PathBytes {
    /// Returns `path` if it is absolute, otherwise `path` below `root`; without a terminating zero.
    static func resolve(_ path: [UInt8], against root: FilePath) -> [CChar] {
        if path.first == UInt8(ascii: "/") { return path.map { CChar(bitPattern: $0) } }
        let base = root.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
        let start = base.isEmpty ? Array(".".utf8).map { CChar(bitPattern: $0) } : base
        return path.isEmpty
            ? start : start + [CChar(bitPattern: UInt8(ascii: "/"))] + path.map { CChar(bitPattern: $0) }
    }
}
