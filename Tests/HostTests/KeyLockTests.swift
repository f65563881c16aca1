import SystemPackage
import TestSupport
import Testing

@testable import Host

@Suite struct KeyLockTests {
    static func take(_ path: FilePath) throws -> KeyLock? {
        switch try KeyLock.attempt(at: path) {
        case .taken(let lock): lock
        case .heldByAnother: nil
        }
    }

    @Test func oneHasTheLockAndTheNextGetsItAfterwards() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("key.lock")
            let first = try #require(try Self.take(path))
            #expect(try Self.take(path) == nil)
            first.release()
            let second = try #require(try Self.take(path))
            #expect(try Self.take(path) == nil)
            second.release()
        }
    }

    @Test func theOwnerLeavesNoFileBehind() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("key.lock")
            try #require(try Self.take(path)).release()
            #expect(throws: Errno.noSuchFileOrDirectory) { try FileDescriptor.open(path, .readOnly) }
        }
    }

    @Test func aDirectoryThatCannotBeWrittenIsAnError() {
        #expect(throws: Errno.self) { try KeyLock.attempt(at: "/nowhere/key.lock") }
    }
}
