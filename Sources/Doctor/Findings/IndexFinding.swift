import Formatting
import Images
import Store
import SystemPackage

/// The verdicts on the state of the index.
enum IndexFinding {
    /// There is no place for an index.
    package static let nowhere = Finding.problem(
        "there is no place for it: neither HOME nor XDG_CACHE_HOME is set",
        advice: "Set one of them, or name a file with the option index or DOCKER_CACHE_INDEX."
    )

    /// The verdict on the file itself.
    ///
    /// - Parameters:
    ///   - condition: nil if there is none yet
    ///   - obstacle: the directory that prevents an index from being created; nil if there is none
    ///   - now: milliseconds since 1970
    package static func file(
        _ condition: Result<IndexCondition?, IndexError>,
        at path: FilePath,
        obstacle: FilePath?,
        now: Int64
    ) -> Finding {
        switch condition {
        case .success(nil):
            if let obstacle {
                .problem(
                    "there is none at \(path), and this user cannot make one: \(obstacle) is not writable",
                    advice: "Make it writable, or name an index elsewhere (DOCKER_CACHE_INDEX)."
                )
            } else {
                .ok("there is none yet; the first lookup makes \(path)")
            }
        case .success(let condition?):
            if let damage = condition.damage {
                damaged(path, damage)
            } else if let obstacle = condition.obstacle {
                .problem(
                    "\(path) can only be read: \(obstacle)",
                    advice: "Lookups use what it knows, and remember nothing new. Make room for it, let this user "
                        + "write it, or name an index elsewhere (DOCKER_CACHE_INDEX)."
                )
            } else if condition.damagedRows > 0 {
                .warning(
                    "\(path) has \(Quantity.count(condition.damagedRows, "row")) that do not match their checksums",
                    advice: "Lookups drop such rows when they meet one, and --fix drops them now. If this happens "
                        + "often, check the disk and the memory of this machine.",
                    repair: .dropDamagedRows(path)
                )
            } else if let built = condition.newestBuild, ImageAge.isAhead(builtAt: built, now: now) {
                .warning(
                    "\(path) has an image that was built \(Quantity.age(built, now: now)): a clock was wrong then, or "
                        + "is now",
                    advice: "Set the clock of this machine. Where images expire, such an image is built again; "
                        + "`docker-cache list` shows which."
                )
            } else {
                .ok("\(path), schema \(version(condition)), \(Quantity.bytes(condition.bytes)), sound")
            }
        case .failure(.damaged(_, let reason)):
            damaged(path, reason)
        case .failure(let error):
            .problem(error)
        }
    }

    private static func damaged(_ path: FilePath, _ reason: String) -> Finding {
        .problem(
            "\(path) is damaged: \(reason)",
            advice: "It can be moved aside with --fix; images are found again as they are looked up.",
            repair: .replaceIndex(path)
        )
    }

    private static func version(_ condition: IndexCondition) -> String {
        condition.version < condition.knownVersion
            ? "\(condition.version) (the next lookup upgrades it to \(condition.knownVersion))" : "\(condition.version)"
    }

    /// The verdict on the file system of the index.
    static func fileSystem(_ kind: FileSystemKind) -> Finding {
        switch kind {
        case .local(let name): .ok("\(name), of this machine")
        case .network(let name):
            .problem("\(name), a network file system, on which SQLite's locks do not hold", advice: elsewhere)
        case .uncertain(let name):
            .warning("\(name), and whether SQLite's locks hold there is the choice of its maker", advice: elsewhere)
        }
    }

    private static let elsewhere =
        "Name an index on a disk of this machine (DOCKER_CACHE_INDEX, or the option index)."

    /// The verdict on the permissions.
    ///
    /// - Parameters:
    ///   - files: the existing files of the index
    ///   - user: the id of the user who runs the check
    package static func permissions(_ files: [GuardedFile], user: UInt32) -> Finding {
        guard !files.isEmpty else { return .skipped("there is no index") }
        if let foreign = files.first(where: { $0.kind != .sharedDirectory && $0.owner != user }) {
            return .warning(
                "\(foreign.path) belongs to user \(foreign.owner), and this is user \(user)",
                advice: user == 0
                    ? "Run doctor as the user that the agent runs as."
                    : "Run all agents that share an index as one user, or name one for each (DOCKER_CACHE_INDEX)."
            )
        }
        // A user who can replace the index decides which image a step gets. In a sticky directory, only the owner can.
        if let open = files.first(where: { $0.kind == .sharedDirectory && $0.permissions & 0o1002 == 0o002 }) {
            return .problem(
                "any user can replace files in \(open.path)",
                advice: "Name an index in a directory of its own (DOCKER_CACHE_INDEX, or the option index)."
            )
        }
        let wrong = files.filter { $0.wanted != nil && $0.permissions != $0.wanted }
        guard !wrong.isEmpty else { return .ok("for its owner alone") }
        let list = wrong.map { "\($0.path) has \(octal($0.permissions))" }.joined(separator: ", ")
        let repair = Repair.restrict(wrong)
        let advice = "Directories should have 0700 and files 0600, which --fix gives them."
        return wrong.contains(where: isHarmful)
            ? .problem(list, advice: advice, repair: repair) : .warning(list, advice: advice, repair: repair)
    }

    /// Whether other users can write, or the owner lacks access.
    private static func isHarmful(_ file: GuardedFile) -> Bool {
        let own: UInt16 = file.kind == .file ? 0o600 : 0o700
        return file.permissions & 0o022 != 0 || file.permissions & own != own
    }

    private static func octal(_ permissions: UInt16) -> String {
        let digits = String(permissions, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
