import FoundationEssentials
import Testing

/// Checks the imports against the design: dependencies point one way, and each external library has one importer.
@Suite struct ImportGraphTests {
    /// The modules of this package that each module imports. It may also import what these modules import.
    static let arrows: [String: Set<String>] = [
        "CLibrary": [],
        "Files": [],
        "Formatting": [],
        "Options": [],
        "Images": [],
        "Signatures": [],
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
        "PluginConfiguration": ["Providers", "Docker", "Fingerprint", "Host", "Signatures"],
        "Inputs": ["PluginConfiguration", "Docker", "Registry", "HTTP", "Fingerprint"],
        "Lookup": ["Inputs", "Statistics"],
        "Garbage": ["PluginConfiguration"],
        "Telemetry": ["HTTP"],
        "Doctor": ["Garbage", "Inputs", "Telemetry"],
        "CNameService": [],
        "DockerCache": ["Lookup", "Doctor", "CNameService"],
    ]

    /// The modules that `module` may import, directly or indirectly.
    static func reachable(from module: String) -> Set<String> {
        var found: Set<String> = []
        var rest = Array(arrows[module] ?? [])
        while let next = rest.popLast() {
            if found.insert(next).inserted { rest += arrows[next] ?? [] }
        }
        return found
    }

    /// The modules that every module may import.
    static let foundations: Set<String> = ["CLibrary", "Files", "Formatting", "Images", "Options"]

    /// The modules that may import each external library.
    static let importers: [String: Set<String>] = [
        "CSQLite": ["Store"],
        "Subprocess": ["Processes", "Docker"],
        "AsyncHTTPClient": ["HTTP"],
        "ArgumentParser": ["DockerCache"],
        "Foundation": [],
        "Glibc": ["CLibrary"],
        "Musl": ["CLibrary"],
    ]

    /// Paths below the module's directory, and contents.
    private static func files(of module: String) throws -> [(name: String, text: String)] {
        let directory = OptionTableTests.root.appending(path: "Sources/\(module)")
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path())
        return try names.filter { $0.hasSuffix(".swift") }.map { name in
            (name, String(decoding: try Data(contentsOf: directory.appending(path: name)), as: UTF8.self))
        }
    }

    static func imports(of module: String) throws -> [(file: String, imported: String)] {
        try files(of: module).flatMap { name, text in
            text.split(separator: "\n").compactMap { line -> (String, String)? in
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

    /// The dependencies of each module in Package.swift.
    private static func declared() throws -> [String: Set<String>] {
        let manifest = OptionTableTests.root.appending(path: "Package.swift")
        let text = String(decoding: try Data(contentsOf: manifest), as: UTF8.self)
        let target = /\.(?:target|executableTarget)\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?/
        var declared: [String: Set<String>] = [:]
        for match in text.matches(of: target) {
            let names = (match.output.2 ?? "").matches(of: /"(\w+)"/).map { String($0.output.1) }
            declared[String(match.output.1)] = Set(names)
        }
        return declared
    }

    /// The compiler also finds a module that Package.swift does not declare, if it was already built for another
    /// target.
    @Test(arguments: arrows.keys.sorted())
    func thePackageDeclaresWhatAModuleImportsAndNothingThatItMayNot(module: String) throws {
        let declared = try #require(try Self.declared()[module])
        let own = Set(Self.arrows.keys).union(["CSQLite"])
        let imported = Set(try Self.imports(of: module).map(\.imported)).intersection(own)
        #expect(imported.subtracting(declared).sorted() == [], "imported by \(module) and not declared")
        let allowed = Self.reachable(from: module).union(Self.foundations)
        #expect(declared.subtracting(allowed).sorted() == [], "declared by \(module) and not allowed")
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

    /// The folders of a module form no cycle either, judged by the types that their files use.
    @Test(arguments: arrows.keys.sorted())
    func foldersFormNoCycle(module: String) throws {
        let files = try Self.files(of: module)
        let kinds = "struct|enum|class|actor|protocol|typealias"
        let declaration = try Regex<(Substring, Substring)>(
            "(?m)^(?:package |private |fileprivate |final |indirect )*(?:\(kinds)) (\\w+)"
        )
        var folders: [Substring: String] = [:]
        for (file, text) in files {
            for declared in text.matches(of: declaration) { folders[declared.1] = Self.folder(of: file) }
        }
        var uses: [String: Set<String>] = [:]
        for (file, text) in files {
            let folder = Self.folder(of: file)
            let code = text.split(separator: "\n").map { line in
                line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
            }
            for word in Set(code.flatMap { line in line.matches(of: /[A-Z]\w+/).map { $0.output } }) {
                guard let other = folders[word], other != folder, ![folder, other].contains("") else { continue }
                uses[folder, default: []].insert(other)
            }
        }
        for folder in uses.keys.sorted() {
            var reached: Set<String> = []
            var next = uses[folder] ?? []
            while !next.isEmpty {
                reached.formUnion(next)
                next = Set(next.flatMap { uses[$0] ?? [] }).subtracting(reached)
            }
            #expect(!reached.contains(folder), "\(module)/\(folder) needs \(reached.sorted())")
        }
    }

    /// The top folder of a file in the module; empty for a file that is in none.
    private static func folder(of file: String) -> String {
        let parts = file.split(separator: "/")
        return parts.count > 1 ? String(parts[0]) : ""
    }
}
