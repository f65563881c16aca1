import CLibrary
package import SystemPackage

/// Resolves paths by following all links.
package enum ResolvedPath {
    /// Returns `path` relative to the directory `root`; nil if it is not below `root`, or if either cannot be resolved.
    package static func relative(_ path: FilePath, to root: FilePath) -> FilePath? {
        guard let resolvedRoot = resolve(root), let resolved = resolve(path), resolved.starts(with: resolvedRoot) else {
            return nil
        }
        var relative = FilePath()
        for component in resolved.components.dropFirst(resolvedRoot.components.count) { relative.append(component) }
        return relative.isEmpty ? nil : relative
    }

    /// Returns nil if the path cannot be resolved.
    static func resolve(_ path: FilePath) -> FilePath? {
        guard let resolved = path.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
