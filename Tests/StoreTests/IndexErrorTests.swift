import SystemPackage
import Testing

@testable import Store

@Suite struct IndexErrorTests {
    private static let path = FilePath("/var/cache/index.db")

    @Test(arguments: [
        (
            IndexError.isDirectory(path),
            "Cannot use the index /var/cache/index.db: it is a directory. "
                + "Name a file in it, as in /var/cache/index.db/index.db."
        ),
        (
            .notAFile(path),
            "Cannot use the index /var/cache/index.db: it is not a regular file. Name another path."
        ),
        (
            .cannotCreateDirectory(path, directory: "/var/cache", .permissionDenied),
            "Cannot use the index /var/cache/index.db: cannot create the directory /var/cache: Permission denied. "
                + "Create it, or name a path in a directory that this user can write to."
        ),
        (
            .readOnly(path),
            "Cannot use the index /var/cache/index.db: the file, its directory or its file system is read-only. "
                + "Make it writable for this user, or name a path elsewhere."
        ),
        (
            .diskFull(path),
            "Cannot use the index /var/cache/index.db: the disk is full. "
                + "Free some space, or name a path on another disk."
        ),
        (
            .locked(path),
            "Cannot use the index /var/cache/index.db: another process has locked it for too long. "
                + "Look for one that hangs ('fuser /var/cache/index.db' shows who has it open)."
        ),
        (
            .cannotOpen(path, reason: "cannot look at it: Permission denied"),
            "Cannot open the index /var/cache/index.db: cannot look at it: Permission denied. "
                + "Check its owner and permissions."
        ),
        (
            .newerVersion(path, found: 4, known: 1),
            "Cannot use the index /var/cache/index.db: a newer docker-cache has written it (schema 4, this one "
                + "knows 1). "
                + "It was not changed. Update docker-cache on this agent, or name another path."
        ),
        (
            .damaged(path, reason: "database disk image is malformed"),
            "The index /var/cache/index.db is damaged: database disk image is malformed. "
                + "It will be moved aside, and a new one created."
        ),
        (
            .foreign(path),
            "Cannot use the index /var/cache/index.db: it is not an index of docker-cache. It was not changed. "
                + "Name another path."
        ),
        (.failed(path, reason: "no such table: x"), "Cannot use the index /var/cache/index.db: no such table: x."),
    ])
    func anErrorSaysWhatHappenedToWhatAndWhatToDo(error: IndexError, text: String) {
        #expect(error.description == text)
        #expect(error.isDamage == (error == .damaged(Self.path, reason: "database disk image is malformed")))
    }

    @Test func aNoticeSaysWhereTheOldFileIs() {
        let notice = IndexNotice.movedAside(Self.path, to: "/var/cache/old", reason: "file is not a database")
        #expect(
            notice.description
                == "The index /var/cache/index.db could not be used: file is not a database. It was moved to "
                + "/var/cache/old, and a new one was created. Images are found again as they are looked up. "
                + "Delete the old file when you no longer need it."
        )
    }

    @Test(arguments: [
        // Primary and extended codes: https://sqlite.org/rescode.html
        (Int32(5), Int32(0), IndexError.locked(path)),
        (261, 0, .locked(path)),
        (8, 0, .readOnly(path)),
        (1544, 0, .readOnly(path)),
        (11, 0, .damaged(path, reason: "m")),
        (267, 0, .damaged(path, reason: "m")),
        (26, 0, .damaged(path, reason: "m")),
        (13, 0, .diskFull(path)),
        (778, 28, .diskFull(path)),
        (4874, 28, .diskFull(path)),
        (778, 5, .failed(path, reason: "m: Input/output error")),
        (14, 30, .readOnly(path)),
        (14, 1, .readOnly(path)),
        (14, 13, .cannotOpen(path, reason: "m: Permission denied")),
        (14, 0, .cannotOpen(path, reason: "m")),
        (1, 0, .failed(path, reason: "SQLite error 1: m")),
        (20, 0, .failed(path, reason: "SQLite error 20: m")),
    ])
    func whatSQLiteRefusesIsPutIntoWords(code: Int32, errno: Int32, expected: IndexError) {
        let error = SQLiteError(extendedCode: ResultCode(rawValue: code), message: "m", systemErrno: errno)
        #expect(IndexError(error, path: Self.path) == expected)
    }
}
