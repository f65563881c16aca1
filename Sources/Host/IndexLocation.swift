package import SystemPackage

/// Where the index is.
package enum IndexLocation {
    /// The option's value, else `DOCKER_CACHE_INDEX`, else below `XDG_CACHE_HOME`, else below the home directory. Nil
    /// if none of these is there.
    package static func path(option: String?, environment: [String: String], home: FilePath?) -> FilePath? {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let given = option ?? variable("DOCKER_CACHE_INDEX") { return FilePath(given) }
        // The XDG specification says that a relative path there is to be ignored.
        let cache =
            variable("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? FilePath($0) : nil } ?? home?.appending(".cache")
        return cache?.appending("docker-cache").appending("index.db")
    }
}
