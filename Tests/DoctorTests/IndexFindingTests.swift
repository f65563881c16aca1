import Docker
import Store
import SystemPackage
import Testing

@testable import Doctor
@testable import Garbage

@Suite struct IndexFindingTests {
    private static let path: FilePath = "/c/docker-cache/index.db"
    private static let damaged = Finding.problem(
        "/c/docker-cache/index.db is damaged: it is so",
        advice: "It can be moved aside with --fix; images are found again as they are looked up.",
        repair: .replaceIndex(path)
    )

    private static let now: Int64 = 1_795_459_500_000

    private static func condition(_ version: Int64, _ damage: String? = nil, newest: Int64? = nil) -> IndexCondition {
        IndexCondition(version: version, knownVersion: 3, bytes: 1_234_567, damage: damage, newestBuild: newest)
    }

    private static let files: [(Result<IndexCondition?, IndexError>, obstacle: FilePath?, Finding)] = [
        (.success(nil), nil, .ok("there is none yet; the first lookup makes /c/docker-cache/index.db")),
        (
            .success(nil), "/c",
            .problem(
                "there is none at /c/docker-cache/index.db, and this user cannot make one: /c is not writable",
                advice: "Make it writable, or name an index elsewhere (DOCKER_CACHE_INDEX)."
            )
        ),
        (.success(condition(3)), nil, .ok("/c/docker-cache/index.db, schema 3, 1.23 MB, sound")),
        (
            .success(condition(2)), nil,
            .ok("/c/docker-cache/index.db, schema 2 (the next lookup upgrades it to 3), 1.23 MB, sound")
        ),
        (.success(condition(3, "it is so")), nil, damaged),
        (
            .success(condition(3, newest: now + 3_600_000)), nil,
            .ok("/c/docker-cache/index.db, schema 3, 1.23 MB, sound")
        ),
        (
            .success(condition(3, newest: now + 172_800_000)), nil,
            .warning(
                "/c/docker-cache/index.db has an image that was built 48 h 0 min ahead of now: a clock was wrong then, "
                    + "or is now",
                advice: "Set the clock of this machine. Where images expire, such an image is built again; "
                    + "`docker-cache list` shows which."
            )
        ),
        (
            .success(
                IndexCondition(
                    version: 3,
                    knownVersion: 3,
                    bytes: 1,
                    damage: nil,
                    obstacle: "its file system is read-only"
                )
            ), nil,
            .problem(
                "/c/docker-cache/index.db can only be read: its file system is read-only",
                advice:
                    "Lookups use what it knows, and remember nothing new. Make room for it, let this user write it, "
                    + "or name an index elsewhere (DOCKER_CACHE_INDEX)."
            )
        ),
        (
            .success(IndexCondition(version: 3, knownVersion: 3, bytes: 1, damage: nil, damagedRows: 2)), nil,
            .warning(
                "/c/docker-cache/index.db has 2 rows that do not match their checksums",
                advice: "Lookups drop such rows when they meet one, and --fix drops them now. If this happens often, "
                    + "check the disk and the memory of this machine.",
                repair: .dropDamagedRows(path)
            )
        ),
        (.failure(.damaged(path, reason: "it is so")), nil, damaged),
        (
            .failure(.newerVersion(path, found: 9, known: 3)), nil,
            .problem(
                "Cannot use the index /c/docker-cache/index.db: a newer docker-cache has written it (schema 9, this "
                    + "one knows 3). It was not changed. Update docker-cache on this agent, or name another path."
            )
        ),
    ]

    @Test(arguments: files.indices)
    func theFileIsJudged(position: Int) {
        let (condition, obstacle, expected) = Self.files[position]
        #expect(IndexFinding.file(condition, at: Self.path, obstacle: obstacle, now: Self.now) == expected)
    }

    @Test(
        arguments: [
            ("ext4", .ok), ("xfs", .ok), ("btrfs", .ok), ("tmpfs", .ok), ("overlay", .ok), ("apfs", .ok),
            ("fuseblk", .ok),
            ("nfs4", .problem), ("cifs", .problem), ("9p", .problem), ("fuse.sshfs", .problem), ("smbfs", .problem),
            ("fuse.mergerfs", .warning), ("virtiofs", .warning),
        ] as [(String, Finding.Status)]
    )
    func anIndexBelongsOnADiskOfThisMachine(name: String, expected: Finding.Status) {
        let finding = IndexFinding.fileSystem(FileSystemKind(name: name))
        #expect(finding.status == expected)
        #expect(finding.text.contains(name))
    }

    private static let mounts = MountTable(
        """
        20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        21 20 0:30 / /home rw shared:2 master:1 - nfs4 server:/home rw,vers=4.2
        22 21 8:2 / /home/ci/with\\040space rw - xfs /dev/sdb rw
        23 20 8:3 / /over rw - btrfs /dev/sdc rw
        24 20 0:31 / /over rw - tmpfs tmpfs rw
        nonsense
        """
    )

    @Test(arguments: [
        ("/", "ext4"), ("/var/lib", "ext4"), ("/homes", "ext4"), ("/home", "nfs4"), ("/home/ci", "nfs4"),
        ("/home/ci/with space/index.db", "xfs"), ("/over/a", "tmpfs"),
    ])
    func theInnermostAndLastMountCounts(path: String, type: String) {
        #expect(Self.mounts.type(of: FilePath(path)) == type)
    }

    @Test func whereNothingIsMountedNothingIsKnown() {
        #expect(MountTable("").type(of: "/") == nil)
    }

    private static func file(_ permissions: UInt16, owner: UInt32 = 7) -> GuardedFile {
        GuardedFile(path: path, permissions: permissions, owner: owner, kind: .file)
    }

    private static func directory(
        _ permissions: UInt16,
        _ kind: GuardedFile.Kind = .directory,
        owner: UInt32 = 7
    ) -> GuardedFile {
        GuardedFile(path: "/c/docker-cache", permissions: permissions, owner: owner, kind: kind)
    }

    /// The files, the expected finding, and what `--fix` would change.
    private static let permissions: [([GuardedFile], Finding.Status, mended: [GuardedFile])] = [
        ([], .skipped, []),
        ([directory(0o700), file(0o600)], .ok, []),
        ([directory(0o755), file(0o600)], .warning, [directory(0o755)]),
        ([directory(0o700), file(0o644)], .warning, [file(0o644)]),
        ([directory(0o775), file(0o600)], .problem, [directory(0o775)]),
        ([directory(0o777), file(0o666)], .problem, [directory(0o777), file(0o666)]),
        ([directory(0o700), file(0o400)], .problem, [file(0o400)]),
        ([directory(0o500), file(0o600)], .problem, [directory(0o500)]),
        // Files of another user are not ours to change.
        ([directory(0o700), file(0o600, owner: 8)], .warning, []),
        ([directory(0o777, owner: 8), file(0o644)], .warning, []),
        // Nor are directories that contain other files.
        ([directory(0o755, .sharedDirectory), file(0o600)], .ok, []),
        ([directory(0o1777, .sharedDirectory, owner: 0), file(0o600)], .ok, []),
        ([directory(0o777, .sharedDirectory), file(0o600)], .problem, []),
        ([directory(0o755, .sharedDirectory), file(0o640)], .warning, [file(0o640)]),
    ]

    @Test(arguments: permissions.indices)
    func anIndexIsForItsOwnerAlone(position: Int) {
        let (files, status, mended) = Self.permissions[position]
        let finding = IndexFinding.permissions(files, user: 7)
        #expect(finding.status == status)
        #expect(finding.repair == (mended.isEmpty ? nil : .restrict(mended)))
        if status == .warning || status == .problem { #expect(finding.advice != nil) }
    }

    @Test func whatWasLeftBehindIsCounted() {
        #expect(LeftoversFinding.judge([]) == .ok("none"))
        let files = [
            LeftoverFile(kind: .lock, path: "/c/locks/a.lock"), LeftoverFile(kind: .lock, path: "/c/locks/b.lock"),
            LeftoverFile(kind: .temporaryDirectory, path: "/tmp/docker-cache-context.abcdef"),
        ]
        let finding = LeftoversFinding.judge(files)
        #expect(finding.status == .warning)
        #expect(
            finding.text == "lock: 2, temporary directory: 1, such as /c/locks/a.lock: they are no longer needed"
        )
        #expect(finding.repair == .remove(files))
    }
}
