/// An index, and what the caller should warn of.
package struct OpenedIndex {
    package let index: Index
    /// Nil in the usual case.
    package let notice: IndexNotice?
}
