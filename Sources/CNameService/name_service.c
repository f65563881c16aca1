#include "CNameService.h"

#if defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__)
#include <nss.h>

void name_service_use_builtin_modules(void) {
    // Since glibc 2.34 both are part of the C library itself.
    __nss_configure_lookup("hosts", "files dns");
    static const char *const databases[] = {
        "passwd", "group", "initgroups", "shadow", "services", "protocols", "networks", "ethers", "rpc", "netgroup",
    };
    for (unsigned index = 0; index < sizeof databases / sizeof *databases; index++) {
        __nss_configure_lookup(databases[index], "files");
    }
}
#else
// Other C libraries load no modules.
void name_service_use_builtin_modules(void) {}
#endif
