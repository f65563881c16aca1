import CLibrary
package import SystemPackage

/// Where paths really lead, links followed.
package enum ResolvedPath {
    /// `path` as seen from the directory `root`; nil if it does not lie below it, or if either cannot be found.
    package static func relative(_ path: FilePath, to root: FilePath) -> FilePath? {
        guard let resolvedRoot = resolve(root), let resolved = resolve(path), resolved.starts(with: resolvedRoot) else {
            return nil
        }
        var relative = FilePath()
        for component in resolved.components.dropFirst(resolvedRoot.components.count) { relative.append(component) }
        return relative.isEmpty ? nil : relative
    }

    /// Nil if it cannot be found.
    static func resolve(_ path: FilePath) -> FilePath? {
        guard let resolved = path.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
