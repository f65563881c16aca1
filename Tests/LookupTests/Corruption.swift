import SystemPackage
import TestSupport

/// Damage to the bytes of an index by a disk, by memory or by a crash.
struct Corruption: CustomStringConvertible {
    /// The kind of change.
    enum Damage: String, CaseIterable {
        case bit = "a flipped bit"
        case bits = "some flipped bits"
        case run = "a run of random bytes"
        case zeros = "a run of zeros"
        case sector = "a sector of another place"
        case page = "another page in its place"
        case cut = "an end that is missing"
    }

    /// The structure that the bytes belong to (https://sqlite.org/fileformat2.html).
    enum Place: String, CaseIterable {
        case header, pointers, freeList = "free list", overflow
        case tableInterior = "interior of a table", tableLeaf = "leaf of a table"
        case indexInterior = "interior of an index", indexLeaf = "leaf of an index"
        case logHeader = "header of the log", frameHeader = "header of a frame in the log"
        case framePage = "page in the log"
    }

    let damage: Damage
    let place: Place
    let offset: Int

    var description: String { "\(damage.rawValue) in \(place.rawValue), byte \(offset)" }

    static let pageSize = 8_192
    private static let frameHeaderSize = 24
    private static let logHeaderSize = 32

    /// The places in a database file, each with a range of bytes.
    static func places(inDatabase bytes: [UInt8]) -> [(Place, Range<Int>)] {
        let free = freePages(bytes)
        return (0..<(bytes.count / pageSize)).map { index in
            let range = (index * pageSize)..<((index + 1) * pageSize)
            let place: Place =
                switch (index, bytes[range.lowerBound]) {
                case (0, _): .header
                case (1, _): .pointers
                case _ where free.contains(index + 1): .freeList
                case (_, 0x02): .indexInterior
                case (_, 0x05): .tableInterior
                case (_, 0x0A): .indexLeaf
                case (_, 0x0D): .tableLeaf
                default: .overflow
                }
            return (place, range)
        }
    }

    static func places(inLog bytes: [UInt8]) -> [(Place, Range<Int>)] {
        var places: [(Place, Range<Int>)] = [(.logHeader, 0..<min(logHeaderSize, bytes.count))]
        var offset = logHeaderSize
        while offset + frameHeaderSize + pageSize <= bytes.count {
            places.append((.frameHeader, offset..<(offset + frameHeaderSize)))
            offset += frameHeaderSize
            places.append((.framePage, offset..<(offset + pageSize)))
            offset += pageSize
        }
        return places
    }

    private static func freePages(_ bytes: [UInt8]) -> Set<Int> {
        func number(at offset: Int) -> Int { bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } }
        var pages: Set<Int> = []
        var trunk = number(at: 32)
        while trunk > 0, trunk * pageSize <= bytes.count, pages.insert(trunk).inserted {
            let start = (trunk - 1) * pageSize
            for leaf in 0..<number(at: start + 4) { pages.insert(number(at: start + 8 + 4 * leaf)) }
            trunk = number(at: start)
        }
        return pages
    }

    /// Damages `bytes` at random. Every kind of place is equally likely.
    static func random(
        in bytes: inout [UInt8],
        places: [(Place, Range<Int>)],
        using random: inout SeededGenerator
    ) -> Corruption {
        let place = random.pick(Place.allCases.filter { place in places.contains { $0.0 == place } })
        let range = random.pick(places.filter { $0.0 == place }).1
        // Most of a page may be empty, and damage there has no effect.
        let used = range.filter { bytes[$0] != 0 }
        let offset = random.chance(80) && !used.isEmpty ? random.pick(used) : Int.random(in: range, using: &random)
        let damage = random.chance(40) ? .bit : random.pick(Damage.allCases)
        let rest = offset..<range.upperBound
        switch damage {
        case .bit:
            bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case .bits:
            for _ in 0..<Int.random(in: 2...9, using: &random) {
                bytes[Int.random(in: range, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        case .run:
            for index in rest.prefix(Int.random(in: 1...256, using: &random)) {
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
        case .zeros:
            for index in rest.prefix(Int.random(in: 1...pageSize, using: &random)) { bytes[index] = 0 }
        case .sector:
            let start = range.lowerBound + (offset - range.lowerBound) / 512 * 512
            copy(from: random.pick(places).1.lowerBound, to: start..<min(start + 512, range.upperBound), in: &bytes)
        case .page:
            let others = places.filter { $0.1.count == range.count }
            copy(from: random.pick(others).1.lowerBound, to: range, in: &bytes)
        case .cut:
            bytes.removeLast(bytes.count - offset)
        }
        return Corruption(damage: damage, place: place, offset: offset)
    }

    private static func copy(from start: Int, to range: Range<Int>, in bytes: inout [UInt8]) {
        let count = min(range.count, bytes.count - start)
        let copied = Array(bytes[start..<(start + count)])
        bytes.replaceSubrange(range.lowerBound..<(range.lowerBound + count), with: copied)
    }
}
