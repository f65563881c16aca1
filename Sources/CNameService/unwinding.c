// The start-up code of a static executable hands its tables for unwinding to libgcc, which sorts all 4 MB of them when
// the process ends: 25 ms. Where the file has a sorted index of them (PT_GNU_EH_FRAME, which the linker makes), they are
// found without. script/build has the linker put these in the place of libgcc's (--wrap); nothing else calls them.

void __wrap___register_frame_info(const void *tables, void *object);
void *__wrap___deregister_frame_info(const void *tables);

void __wrap___register_frame_info(const void *tables, void *object) {
    (void)tables;
    (void)object;
}

void *__wrap___deregister_frame_info(const void *tables) {
    (void)tables;
    return 0;
}
