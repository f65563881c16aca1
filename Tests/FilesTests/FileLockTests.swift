import Files
import SystemPackage
import TestSupport
import Testing

@Suite struct FileLockTests {
    @Test func oneHasTheLockAndTheNextGetsItAfterwards() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("key.lock")
            let first = try #require(try FileLock.attempt(at: path))
            #expect(try FileLock.attempt(at: path) == nil)
            first.release(removesFile: true)
            let second = try #require(try FileLock.attempt(at: path))
            #expect(try FileLock.attempt(at: path) == nil)
            second.release()
        }
    }

    @Test func severalShareIt() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.lock")
            let first = try #require(try FileLock.attempt(at: path, .shared))
            let second = try #require(try FileLock.attempt(at: path, .shared))
            #expect(try FileLock.take(at: path, .exclusive, within: 20) == nil)
            first.release()
            second.release()
            try #require(try FileLock.take(at: path, .exclusive, within: 20)).release()
        }
    }

    @Test(arguments: [true, false])
    func theFileStaysUnlessItIsToGo(removesFile: Bool) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("key.lock")
            try #require(try FileLock.attempt(at: path)).release(removesFile: removesFile)
            #expect(((try? FileDescriptor.open(path, .readOnly)) == nil) == removesFile)
        }
    }

    @Test func aDirectoryThatCannotBeWrittenIsAnError() {
        #expect(throws: Errno.self) { try FileLock.attempt(at: "/nowhere/key.lock") }
    }
}
