#ifndef C_NAME_SERVICE_H
#define C_NAME_SERVICE_H

/// Lets the C library look up hosts in /etc/hosts and DNS alone, and users, groups, services and protocols in files
/// alone, whatever /etc/nsswitch.conf says. To be called before anything is looked up.
///
/// The product is a static executable. The modules that nsswitch.conf can name (`myhostname`, `resolve`, `sss`) are
/// shared libraries of the machine's own C library, and to load one into another C library ends the process.
void name_service_use_builtin_modules(void);

#endif
