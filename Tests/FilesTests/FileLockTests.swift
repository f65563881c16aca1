import Files
import Foundation
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

    /// In a shared directory, another user may have created a link at the lock's path.
    @Test(arguments: [true, false])
    func aLinkToAnotherFileIsNoLockAndTheFileStaysAsItIs(isSymbolic: Bool) throws {
        try withTemporaryDirectory { directory in
            let (victim, path) = (directory.appending("victim"), directory.appending("key.lock"))
            try Data("content".utf8).write(to: URL(filePath: victim.string))
            if isSymbolic {
                try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: victim.string)
            } else {
                try FileManager.default.linkItem(atPath: victim.string, toPath: path.string)
            }
            #expect(throws: Errno.self) { try FileLock.attempt(at: path) }
            #expect(try String(contentsOfFile: victim.string, encoding: .utf8) == "content")
        }
    }

    @Test func aDirectoryThatCannotBeWrittenIsAnError() {
        #expect(throws: Errno.self) { try FileLock.attempt(at: "/nowhere/key.lock") }
    }
}
