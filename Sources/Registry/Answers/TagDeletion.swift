package import Images

/// What became of tags that were to be deleted.
///
/// A registry deletes manifests, and every tag on a manifest goes with it; so tags are deleted in groups that share a
/// digest.
package struct TagDeletion: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case deleted
        /// Not deleted, because these tags, which were not named, would have gone too or would have lost a part.
        case shared(with: [String])
        /// Not deleted, because the registry did not.
        case failed(RegistryError)
    }

    package struct Group: Equatable, Sendable {
        package let digest: Digest
        /// Those of the named tags that stand for it, sorted.
        package let tags: [String]
        package let outcome: Outcome

        package init(digest: Digest, tags: [String], outcome: Outcome) {
            self.digest = digest
            self.tags = tags
            self.outcome = outcome
        }
    }

    /// Sorted by their first tag.
    package let groups: [Group]
    /// Those of the named tags that are not there, sorted.
    package let absent: [String]

    package init(groups: [Group], absent: [String]) {
        self.groups = groups
        self.absent = absent
    }
}
