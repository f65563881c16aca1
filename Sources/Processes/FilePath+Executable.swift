import CLibrary
package import SystemPackage

extension FilePath {
    /// The first executable file called `name` in the directories of `path`, which is a value of the variable `PATH`;
    /// an empty directory means the current one. Nil if there is none.
    package init?(executable name: String, on path: String) {
        for directory in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = FilePath(directory.isEmpty ? "." : String(directory)).appending(name)
            // A directory can be "executable" too.
            if (try? candidate.stat())?.type == .regular, access(candidate.string, X_OK) == 0 {
                self = candidate
                return
            }
        }
        return nil
    }
}
