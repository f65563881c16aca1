import FoundationEssentials
import Testing

/// Holds the imports of the sources to the design: arrows point one way, and each outside library has one importer.
@Suite struct ImportGraphTests {
    /// The arrows: which of the package's own modules a module imports. It may import what these import as well.
    static let arrows: [String: Set<String>] = [
        "CLibrary": [],
        "Files": [],
        "Formatting": [],
        "Options": [],
        "Images": [],
        "Store": ["CSQLite"],
        "Statistics": ["Store"],
        "Fingerprint": ["Store"],
        "HTTP": [],
        "Registry": ["HTTP"],
        "Processes": [],
        "Docker": ["Processes"],
        "Buildkite": [],
        "Providers": ["Registry", "Docker"],
        "Host": ["Store", "Buildkite"],
        "PluginConfiguration": ["Providers", "Docker", "Fingerprint", "Host"],
        "Inputs": ["PluginConfiguration", "Docker", "Registry", "HTTP", "Fingerprint"],
        "Lookup": ["Inputs", "Statistics"],
        "Garbage": ["PluginConfiguration"],
        "Doctor": ["Garbage", "Inputs"],
        "DockerCache": ["Lookup", "Doctor"],
    ]

    /// What a module may import: whatever its arrows lead to.
    static func reachable(from module: String) -> Set<String> {
        var found: Set<String> = []
        var rest = Array(arrows[module] ?? [])
        while let next = rest.popLast() {
            if found.insert(next).inserted { rest += arrows[next] ?? [] }
        }
        return found
    }

    /// What every module may import.
    static let foundations: Set<String> = ["CLibrary", "Files", "Formatting", "Images", "Options"]

    /// Which modules may import what is from outside.
    static let importers: [String: Set<String>] = [
        "CSQLite": ["Store"],
        "Subprocess": ["Processes", "Docker"],
        "AsyncHTTPClient": ["HTTP"],
        "ArgumentParser": ["DockerCache"],
        "Foundation": [],
        "Glibc": ["CLibrary"],
        "Musl": ["CLibrary"],
    ]

    static func imports(of module: String) throws -> [(file: String, imported: String)] {
        let directory = OptionTableTests.root.appending(path: "Sources/\(module)")
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path())
        return try names.filter { $0.hasSuffix(".swift") }.flatMap { name in
            let text = String(decoding: try Data(contentsOf: directory.appending(path: name)), as: UTF8.self)
            return text.split(separator: "\n").compactMap { line -> (String, String)? in
                let words = line.split(separator: " ")
                guard let position = words.firstIndex(of: "import"), position <= 2, words.count > position + 1,
                    words[..<position].allSatisfy({
                        ["@_exported", "package", "public", "internal", "private", "@testable"].contains($0)
                    })
                else { return nil }
                return (name, String(words[position + 1].prefix { $0 != "." }))
            }
        }
    }

    @Test(arguments: arrows.keys.sorted())
    func aModuleImportsOnlyWhatTheDesignAllows(module: String) throws {
        let own = Set(Self.arrows.keys).union(["CSQLite"])
        let allowed = Self.reachable(from: module)
        let found = try Self.imports(of: module)
        for (file, imported) in found {
            if own.contains(imported), !Self.foundations.contains(imported) {
                #expect(allowed.contains(imported), "\(module)/\(file) imports \(imported)")
            }
            if let importers = Self.importers[imported] {
                #expect(importers.contains(module), "\(module)/\(file) imports \(imported)")
            }
        }
    }

    @Test func theArrowsFormNoCycle() {
        for module in Self.arrows.keys {
            #expect(!Self.reachable(from: module).contains(module), "\(module) leads back to itself")
        }
    }

    @Test func everyModuleIsHeldToTheDesign() throws {
        let modules = try FileManager.default.contentsOfDirectory(
            atPath: OptionTableTests.root.appending(path: "Sources").path()
        )
        #expect(Set(modules) == Set(Self.arrows.keys).union(["CSQLite"]))
    }
}
