import CLibrary
package import SystemPackage

/// The directory of a name that a build gave its context, and that is still there because the build was killed.
package enum LeftoverContextLink {
    /// Whether a directory's name is one of those.
    package static func isItsName(_ directory: FilePath) -> Bool { ContextLink.link(in: directory) != nil }

    /// Removes it, and nothing that lies in it but the link. False if a build still has it, whatever its age, or if
    /// somebody has put something of their own into it.
    package static func remove(_ directory: FilePath) -> Bool {
        guard let link = ContextLink.link(in: directory) else { return false }
        let options: FileDescriptor.OpenOptions = [.directory, .noFollow, .closeOnExec]
        guard let held = try? FileDescriptor.open(directory, .readOnly, options: options) else { return false }
        defer { try? held.close() }
        guard flock(held.rawValue, LOCK_EX | LOCK_NB) == 0 else { return false }
        _ = link.withPlatformString { unlink($0) }
        return directory.withPlatformString { rmdir($0) } == 0
    }
}
