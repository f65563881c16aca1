import CLibrary
import TestSupport

/// Writes and builds scenarios. The scripts stay in the scenario's directory, so that they can be run again.
struct Workshop {
    /// The directory of this workshop. Nothing else uses it.
    let directory: String
    /// The binary under test.
    let binary: String

    /// The result of a scenario.
    enum Outcome {
        case image(Built)
        /// The builder rejected it.
        case refused
        /// The binary gave no key, or the daemon does not show the built image. The directory has details.
        case failed(String, directory: String)
    }

    struct Built {
        let directory: String
        let key: String
        /// Files, links and directories with their modes, owners and contents, then the configuration.
        let image: String
    }

    /// The features of the current builder.
    func features() throws -> Set<Feature> {
        var found: Set<Feature> = []
        for feature in Feature.allCases {
            let place = "\(directory)/feature-\(feature)"
            try write("\(place)/ctx/a", "a")
            try write("\(place)/Dockerfile", "FROM scratch\n\(feature.sample.dockerfile)\n")
            let name = Self.freshName()
            let script = """
                cd '\(place)' && ln -s ctx \(name) &&
                DOCKER_BUILDKIT=1 docker build -f Dockerfile \(feature.sample.flags) \(name) >log 2>&1
                """
            if Self.run(script) == 0 { found.insert(feature) }
        }
        return found
    }

    /// Builds families in parallel, and the scenarios of one family in sequence. Concurrent builds share steps with
    /// equal checksums, and these checksums leave out some copied files (28.5's `COPY --exclude=* d/a* /x`).
    func build(_ families: [Family]) throws {
        for family in families {
            try write(family.original, to: place(family, nil))
            for index in family.changes.indices { try write(family.changes[index].scenario, to: place(family, index)) }
        }
        let directories = families.map { "'\(directory)/\($0.number)'" }.joined(separator: " ")
        // A family whose original is rejected has nothing to compare.
        let script =
            "cd $1 && for name in before after-*; do bash $name/build.sh; grep -q image before/status || break; done"
        _ = Self.run("printf '%s\\n' \(directories) | xargs -P 3 -n 1 bash -c '\(script)' build")
    }

    /// The result of the original, or of one of its changes.
    func outcome(_ family: Family, _ change: Int?) -> Outcome {
        let place = place(family, change)
        let status = read("\(place)/status")?.dropLast()
        if status == "refused" { return .refused }
        guard status == "image", let key = read("\(place)/key"), let image = read("\(place)/image") else {
            return .failed("\(status ?? "interrupted")", directory: place)
        }
        return .image(Built(directory: place, key: key, image: image))
    }

    private func place(_ family: Family, _ change: Int?) -> String {
        "\(directory)/\(family.number)/" + (change.map { "after-\($0)" } ?? "before")
    }

    func remove(_ family: Family) { _ = Self.run("rm -rf '\(directory)/\(family.number)'") }

    // MARK: Writing

    private func write(_ scenario: Scenario, to place: String) throws {
        try write(scenario.nodes, to: "\(place)/ctx")
        let dockerfile = scenario.isDockerfileInContext ? "ctx" : "src"
        try write("\(place)/\(dockerfile)/Dockerfile", scenario.dockerfile.text)
        if !scenario.ignored.isEmpty {
            let name = scenario.ignoresBesideDockerfile ? "\(dockerfile)/Dockerfile.dockerignore" : "ctx/.dockerignore"
            try write("\(place)/\(name)", scenario.ignored.joined(separator: "\n"))
        }
        if !scenario.library.isEmpty {
            try write(scenario.library, to: "\(place)/lib")
            if !scenario.libraryIgnored.isEmpty {
                try write("\(place)/lib/.dockerignore", scenario.libraryIgnored.joined(separator: "\n"))
            }
        }
        try write("\(place)/build.sh", script(scenario, dockerfile: dockerfile))
    }

    private func write(_ nodes: [String: Scenario.Node], to root: String) throws {
        try makeDirectory(root)
        for path in nodes.keys.sorted() {
            switch nodes[path] {
            case .directory: try makeDirectory("\(root)/\(path)")
            case .file(let content, _): try write("\(root)/\(path)", content)
            case .link(let target):
                try makeDirectory(parent("\(root)/\(path)"))
                guard symlink(target, "\(root)/\(path)") == 0 else { throw WorkshopError.unwritable(path) }
            case nil: break
            }
        }
        for (path, node) in nodes {
            switch node {
            case .file(_, let mode), .directory(let mode): chmod("\(root)/\(path)", mode_t(mode, radix: 8) ?? 0o644)
            case .link: break
            }
        }
    }

    private func write(_ path: String, _ content: String) throws {
        try makeDirectory(parent(path))
        guard let file = fopen(path, "w") else { throw WorkshopError.unwritable(path) }
        defer { fclose(file) }
        guard fputs(content, file) >= 0 else { throw WorkshopError.unwritable(path) }
    }

    private func parent(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    private func makeDirectory(_ path: String) throws {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        guard errno == ENOENT else { throw WorkshopError.unwritable(path) }
        try makeDirectory(parent(path))
        guard mkdir(path, 0o755) == 0 else { throw WorkshopError.unwritable(path) }
    }

    /// The content of the file; nil if it does not exist.
    private func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Commands

    /// A script that finds the key, builds, and describes the image. Its status tells how far it got.
    private func script(_ scenario: Scenario, dockerfile: String) -> String {
        let options =
            (scenario.target.map { ["--target", $0] } ?? [])
            + (scenario.platform.map { ["--platform", $0] } ?? [])
            + scenario.arguments.flatMap { ["--build-arg", $0] }
        func words(_ words: [String], library: String) -> String {
            words.map {
                Self.quoted($0.split(separator: "@lib@", omittingEmptySubsequences: false).joined(separator: library))
            }
            .joined(separator: " ")
        }
        let fresh = Self.freshName()
        let exports = scenario.environment.sorted { $0.key < $1.key }.map {
            "export \($0.key)=\(Self.quoted($0.value))\n"
        }
        return """
            #!/usr/bin/env bash
            # Writes the key to `key`, and what is in the image to `image`.
            set -o pipefail
            cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
            rm -f key image status
            unset SOURCE_DATE_EPOCH DOCKER_DEFAULT_PLATFORM UNRELATED X Y Z G H
            export DOCKER_BUILDKIT=1
            \(exports.joined())
            options=(\(words(options, library: "")))
            given=(\(words(scenario.additional, library: "link-lib-\(fresh)")))
            container=''
            made() {
                if [ -n "$container" ]; then docker rm -v "$container"; fi
                rm -f image.tar link-*-\(fresh)
                docker image rm \(fresh)
                printf '%s\n' "$1" >status
                exit 0
            } &>/dev/null
            ${DOCKER_CACHE_TEST_BIN:-\(Self.quoted(binary))} key --index \(Self.quoted(directory))/index.db \
                --context ctx --dockerfile \(dockerfile)/Dockerfile "${options[@]}" \
                --additional-build-args \(Self.quoted(words(scenario.additional, library: "./lib"))) \
                >key 2>key.log || made no-key
            # BuildKit mixes contexts whose paths end alike.
            for name in ctx lib \(dockerfile); do ln -sfn "$name" "link-$name-\(fresh)"; done
            docker build --no-cache -f link-\(dockerfile)-\(fresh)/Dockerfile -t \(fresh) \
                "${options[@]}" "${given[@]}" -- link-ctx-\(fresh) >log 2>&1 || made refused
            container=$(docker create \(fresh) none 2>>log) || made unreadable
            docker export "$container" >image.tar 2>>log || made unreadable
            {
                tar -tvf image.tar --numeric-owner |
                    sed -E 's/ +[0-9]+ [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5,8} / /' | sort &&
                    tar -xf image.tar --to-command='echo "$(sha256sum | cut -c 1-16) $TAR_FILENAME"' | sort &&
                    docker image inspect \(fresh) --format \
                        '{{.Os}}/{{.Architecture}}/{{.Variant}} {{.Author}} {{json .Config}}'
            } >image 2>>log || made unreadable
            made image

            """
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static func freshName() -> String { "docker-cache-test-\(UInt64.random(in: .min ... .max))" }

    static func run(_ script: String) -> CInt { system(script) }
}

enum WorkshopError: Error {
    case unwritable(String)
}
