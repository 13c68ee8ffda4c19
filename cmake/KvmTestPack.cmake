# `cpack -G DEB` in a build tree: one package, kvmtest. What a project needs of kvmtest at
# configure time and what a machine needs that runs its tests are the same two
# programs and some scripts, so there is no -dev package beside it; the library for
# GoogleTest programs is some kilobytes and needs libgtest-dev only where it is used.
set(CPACK_PACKAGE_NAME kvmtest)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "KVM-Autotest configurations as CTest tests on real guests")
set(CPACK_PACKAGE_DESCRIPTION
  "kvmtest turns a matrix of guests, devices and tests in KVM-Autotest's Cartesian
configuration language into CTest tests, and runs each of them on a QEMU/KVM
guest, on the host and in the queue that the configuration assigns.
It is two programs, kvmtest-generate and kvmtest-run, and a CMake package,
KvmTest, with the commands kvm_discover_tests() and kvm_add_guest_image().")
set(CPACK_PACKAGE_VENDOR "kvmtest")
set(CPACK_PACKAGE_CONTACT "kvmtest maintainers <root@localhost>")  # cpack -D CPACK_PACKAGE_CONTACT=...
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
# Whatever the umask of who packs.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# A machine that only generates and checks has no use for qemu; the others get it by default.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "cmake (>= 3.25), qemu-system-x86, qemu-utils")
# To make guests, and for tests written with GoogleTest.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "busybox-static, cpio, lz4, xz-utils, libgtest-dev")
include(CPack)
