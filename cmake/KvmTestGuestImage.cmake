#[=======================================================================[.rst:
KvmTestGuestImage
-----------------

Gives a project without guest images one that boots.  Loaded together with
``kvm_discover_tests()``.

.. command:: kvm_add_guest_image

  Adds a target that makes a guest, of one of three kinds::

    kvm_add_guest_image(<name>
      URL <url> HASH SHA256=<hex>|SHA384=<hex>|SHA512=<hex> [FORMAT <format>]
      [DEPENDS <target>...])

    kvm_add_guest_image(<name>
      KERNEL <file> [INITRD <file>]
      [FILES <file>=<place>...] [COMMAND <text>] [DISK <size>] [DEPENDS <target>...])

    kvm_add_guest_image(<name>
      PACKAGES <package>... [MODULES <module>...]
      [FILES <file>=<place>...] [COMMAND <text>] [DISK <size>] [DEPENDS <target>...])

  The target is made on demand: it is no part of ``all`` by itself, but of what
  depends on it.  Where nothing that it is made of has changed it does nothing.  What it
  makes lies in ``<top binary dir>/kvmtest/images/<name>``; these properties of
  the target say where, with generator expressions such as
  ``$<TARGET_PROPERTY:<name>,KVM_KERNEL>``:

  ``KVM_KERNEL``, ``KVM_INITRD``
    Of ``KERNEL`` and ``PACKAGES``: for the params ``kernel`` and ``initrd``.

  ``KVM_IMAGE``
    The file of ``URL``, or the disk of ``DISK``: an absolute path.

  ``KVM_IMAGE_NAME``, ``KVM_IMAGE_FORMAT``
    The same for the params ``image_name``, which is without the extension, and
    ``image_format``; where the format is known.

  ``URL <url>``
    The image is downloaded by the build (``https://``, ``http://``, ``ftp://``,
    ``file://``) and kept in the cache under its hash.  A file that has another hash
    is removed, and an error.  A server that fails is asked three times.

  ``HASH <algorithm>=<hex>``
    What the file must be: ``SHA256``, ``SHA384`` or ``SHA512``, as distributions
    publish it beside their images.

  ``FORMAT qcow2|raw|vmdk|vdi|vhdx``
    The format of the image, if the end of the URL does not tell: ``FORMAT qcow2`` for
    many a cloud image named ``.img``.  A file that is no disk (firmware, say) needs none.

  ``KERNEL <file>``
    The kernel of the guest: a bzImage, or an ELF kernel that qemu can start.  Relative to
    the current source directory, or something that the build makes, such as
    ``$<TARGET_FILE:my_kernel>``.  It is copied, so that a test that runs keeps
    its kernel when the build makes a new one.

  ``INITRD <file>``
    The initramfs of that kernel.  Without it the kernel gets ours: busybox and an init
    that serves the guest's shell (``examples/README.md``, "Guests").  It has no modules
    then, so the kernel needs its drivers built in.

  ``PACKAGES <package>...``
    Debian packages, as ``apt-get`` knows them (``iperf3``, ``bash=5.2.15-2+b13``), that are
    unpacked into our initramfs with all that they depend on, around Debian's
    ``linux-image-cloud-amd64`` or, if it is among them, ``linux-image-amd64``, which has
    drivers for real hardware.  ``apt-get`` downloads them and nothing is installed, so
    no root is needed.  Maintainer scripts do not run, manuals are left out.  The cache
    keeps the packages and which versions were chosen: with it, neither the archive
    nor apt's lists are needed.

  ``MODULES <module>...``
    Further modules of Debian's kernel to have in the initramfs.

  ``FILES <file>=<place>...``
    Puts files at absolute paths of our initramfs, or into directories (``/opt/``):
    ``FILES $<TARGET_FILE:agent>=/bin/agent``.

  ``COMMAND <text>``
    What the shell of our initramfs runs at each boot before the guest is ready:
    ``COMMAND "iperf3 -s -D"``.  Cards and drivers are up by then.

  ``DISK <size>``
    Beside kernel and initramfs an empty qcow2 disk, of a size as ``qemu-img`` reads it (``64M``).

  ``DEPENDS <target>...``
    What has to be built before, where it is not told by ``$<TARGET_FILE:...>``: another
    image whose ``$<TARGET_PROPERTY:...>`` is an argument, say.

  The cache is the directory that the variable ``KVMTEST_IMAGE_CACHE`` names at the call, else
  the environment variable of that name when the build runs, else one in the build
  tree.  Build trees may share it, and a CI keeps it from one run to the next.

  In a multi-config build tree an image whose arguments hold generator expressions is made
  for each configuration, and so is its place:
  ``$<GENEX_EVAL:$<TARGET_PROPERTY:<name>,KVM_KERNEL>>`` is right in all build trees.

  A complete call:

  .. code-block:: cmake

    kvm_add_guest_image(guest PACKAGES iperf3 COMMAND "iperf3 -s -D")
    kvm_discover_tests(net
      CONFIG net.cfg
      PARAMS "kernel=$<TARGET_PROPERTY:guest,KVM_KERNEL>"
             "initrd=$<TARGET_PROPERTY:guest,KVM_INITRD>"
      DEPENDS guest)
#]=======================================================================]

include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(_kvmtest_image_error name reason)
  message(FATAL_ERROR
    " kvm_add_guest_image(${name}): ${reason}\n"
    " usage:\n"
    "   kvm_add_guest_image(<name> URL <url> HASH <algorithm>=<hex> [FORMAT <format>]\n"
    "     [DEPENDS <target>...])\n"
    "   kvm_add_guest_image(<name> KERNEL <file> [INITRD <file>] [FILES <file>=<place>...]\n"
    "     [COMMAND <text>] [DISK <size>] [DEPENDS <target>...])\n"
    "   kvm_add_guest_image(<name> PACKAGES <package>... [MODULES <module>...]\n"
    "     [FILES <file>=<place>...] [COMMAND <text>] [DISK <size>] [DEPENDS <target>...])")
endfunction()

function(_kvmtest_image_check_name name)
  if(NOT name MATCHES "^[A-Za-z0-9][A-Za-z0-9_.+-]*$")
    _kvmtest_image_error("${name}"
      "the name '${name}' may hold letters, digits, '.', '_', '+' and '-', a letter or digit first")
  endif()
  if(TARGET "${name}")
    _kvmtest_image_error("${name}" "the name '${name}' is taken by another target")
  endif()
endfunction()

# Each of the keywords goes with what is said of it, and with nothing else.
function(_kvmtest_image_check_company name)
  set(kinds "")
  foreach(kind IN ITEMS URL KERNEL PACKAGES)
    if(NOT "${arg_${kind}}" STREQUAL "")
      list(APPEND kinds ${kind})
    endif()
  endforeach()
  list(LENGTH kinds count)
  if(count EQUAL 0)
    _kvmtest_image_error("${name}" "URL, KERNEL or PACKAGES is missing: what is the guest made of?")
  elseif(count GREATER 1)
    list(JOIN kinds " and " kinds)
    _kvmtest_image_error("${name}" "${kinds} are given; a guest is made of one of URL, KERNEL and PACKAGES")
  endif()
  set(initramfs "PACKAGES, or with KERNEL where there is no INITRD")
  foreach(row IN ITEMS "HASH|URL|URL" "FORMAT|URL|URL" "INITRD|KERNEL|KERNEL" "MODULES|PACKAGES|PACKAGES"
      "DISK|KERNEL;PACKAGES|KERNEL or PACKAGES"
      "FILES|KERNEL;PACKAGES|${initramfs}" "COMMAND|KERNEL;PACKAGES|${initramfs}")
    string(REGEX MATCH "^([^|]*)[|]([^|]*)[|](.*)$" row "${row}")
    set(keyword "${CMAKE_MATCH_1}")
    set(company "${CMAKE_MATCH_3}")
    set(welcome NO)
    if(kinds IN_LIST CMAKE_MATCH_2)
      set(welcome YES)
    endif()
    if(company STREQUAL initramfs AND NOT "${arg_INITRD}" STREQUAL "")
      set(welcome NO)
    endif()
    if(NOT "${arg_${keyword}}" STREQUAL "" AND NOT welcome)
      _kvmtest_image_error("${name}" "${keyword} goes with ${company} only")
    endif()
  endforeach()
  if(kinds STREQUAL "URL" AND "${arg_HASH}" STREQUAL "")
    _kvmtest_image_error("${name}" "HASH is missing: what must the file be? (HASH SHA256=<hex>)")
  endif()
  set(kind "${kinds}" PARENT_SCOPE)
endfunction()

function(_kvmtest_image_check_values name)
  if(NOT "${arg_URL}" STREQUAL "" AND NOT arg_URL MATCHES "^(https?|ftp|file)://[^\\]*$")
    _kvmtest_image_error("${name}" "URL is '${arg_URL}', not one of https://, http://, ftp://, file://")
  endif()
  if(NOT "${arg_HASH}" STREQUAL "")
    set(digits_SHA256 64)
    set(digits_SHA384 96)
    set(digits_SHA512 128)
    string(REGEX MATCH "^(SHA256|SHA384|SHA512)=([0-9A-Fa-f]+)$" matched "${arg_HASH}")
    string(LENGTH "${CMAKE_MATCH_2}" digits)
    if(NOT matched OR NOT digits EQUAL "${digits_${CMAKE_MATCH_1}}")
      _kvmtest_image_error("${name}"
        "HASH is '${arg_HASH}', not SHA256=<64 hex digits>, SHA384=<96> or SHA512=<128>")
    endif()
  endif()
  set(formats qcow2 raw vmdk vdi vhdx)
  if(NOT "${arg_FORMAT}" STREQUAL "" AND NOT arg_FORMAT IN_LIST formats)
    _kvmtest_image_error("${name}" "FORMAT is '${arg_FORMAT}', not one of qcow2, raw, vmdk, vdi, vhdx")
  endif()
  if(NOT "${arg_DISK}" STREQUAL "" AND NOT arg_DISK MATCHES "^[1-9][0-9]*[KMGT]?$")
    _kvmtest_image_error("${name}" "DISK is '${arg_DISK}', not a size such as 64M")
  endif()
  foreach(word IN LISTS arg_MODULES)
    if(NOT word MATCHES "^[A-Za-z0-9_-]+$")
      _kvmtest_image_error("${name}" "MODULES: '${word}' is no name of a kernel module")
    endif()
  endforeach()
endfunction()

# Sets packages and flavour of the caller.
function(_kvmtest_image_packages name)
  set(kernels "")
  set(packages "")
  foreach(word IN LISTS arg_PACKAGES)
    if(word STREQUAL "linux-image-cloud-amd64" OR word STREQUAL "linux-image-amd64")
      list(APPEND kernels "${word}")
    elseif(word MATCHES "^linux-image-")
      _kvmtest_image_error("${name}"
        "PACKAGES: the kernel is linux-image-cloud-amd64 or linux-image-amd64, not '${word}'")
    elseif(NOT word MATCHES "^[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+:~-]+)?$")
      _kvmtest_image_error("${name}" "PACKAGES: '${word}' is no name of a package, nor <name>=<version>")
    else()
      list(APPEND packages "${word}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES kernels)
  list(LENGTH kernels count)
  if(count GREATER 1)
    _kvmtest_image_error("${name}" "PACKAGES: a guest has one kernel, not linux-image-cloud-amd64 and linux-image-amd64")
  endif()
  set(flavour cloud)
  if(kernels STREQUAL "linux-image-amd64")
    set(flavour amd64)
  endif()
  set(flavour "${flavour}" PARENT_SCOPE)
  set(packages "${packages}" PARENT_SCOPE)
endfunction()

# Sets <out> to the absolute path of a file that is there or that the build makes, and adds it
# to the caller's inputs.
function(_kvmtest_image_file out name keyword path)
  _kvmtest_absolute(path "${path}" "${CMAKE_CURRENT_SOURCE_DIR}")
  cmake_path(IS_PREFIX CMAKE_BINARY_DIR "${path}" NORMALIZE made_by_build)
  if(NOT path MATCHES "\\$<" AND NOT made_by_build AND (NOT EXISTS "${path}" OR IS_DIRECTORY "${path}"))
    _kvmtest_image_error("${name}" "there is no file '${path}' (${keyword})")
  endif()
  list(APPEND inputs "${path}")
  set(inputs "${inputs}" PARENT_SCOPE)
  set(${out} "${path}" PARENT_SCOPE)
endfunction()

# Sets files of the caller: FILE=PLACE, with absolute paths of both.
function(_kvmtest_image_files name)
  set(files "")
  foreach(word IN LISTS arg_FILES)
    set(climbs NO)
    if(word MATCHES "=(/.*)?/\\.\\.(/.*)?$")
      set(climbs YES)
    endif()
    if(climbs OR NOT word MATCHES "^(.+)=(/.*)$")
      _kvmtest_image_error("${name}" "FILES: '${word}' is not <file>=<absolute path in the guest>")
    endif()
    set(place "${CMAKE_MATCH_2}")
    _kvmtest_image_file(file "${name}" FILES "${CMAKE_MATCH_1}")
    list(APPEND files "${file}=${place}")
  endforeach()
  set(files "${files}" PARENT_SCOPE)
  set(inputs "${inputs}" PARENT_SCOPE)
endfunction()

# The name under which the file of a URL is kept: with its format as its extension, if that is known.
function(_kvmtest_image_url_name out)
  string(REGEX REPLACE "[?#].*$" "" path "${arg_URL}")
  cmake_path(GET path FILENAME base)
  string(REGEX REPLACE "[^A-Za-z0-9_.+-]" "_" base "${base}")
  cmake_path(GET base EXTENSION LAST_ONLY extension)
  string(REPLACE "." "" format "${extension}")
  set(formats qcow2 raw vmdk vdi vhdx)
  if(NOT "${arg_FORMAT}" STREQUAL "")
    set(format "${arg_FORMAT}")
    cmake_path(REPLACE_EXTENSION base LAST_ONLY "${format}")
  elseif(NOT format IN_LIST formats)
    set(format "")
  endif()
  if(base MATCHES "^[.]*$|^image[.]cmake$")  # the latter is ours
    set(base image)
  endif()
  set(${out} "${base}" PARENT_SCOPE)
  set(format "${format}" PARENT_SCOPE)
endfunction()

# Writes the script that makes the image and adds the rule and the target that run it. The arguments
# lie in a file of their own, which is an input: not every generator sees that a command has changed.
function(_kvmtest_image_target name)
  set(modules "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
  set(scripts "${modules}/guest")
  set(text "# Written by kvm_add_guest_image() in ${CMAKE_CURRENT_LIST_FILE}\n")
  foreach(field IN LISTS fields)
    _kvmtest_quote(word "${image_${field}}")
    string(APPEND text "set(image_${field} ${word})\n")
  endforeach()
  _kvmtest_quote(word "${modules}/KvmTestGuestImageBuild.cmake")
  file(GENERATE OUTPUT "${image_dir}/image.cmake" CONTENT "${text}include(${word})\n")
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND "${CMAKE_COMMAND}" -P "${image_dir}/image.cmake"
    DEPENDS ${inputs} ${arg_DEPENDS}
      "${image_dir}/image.cmake" "${modules}/KvmTestGuestImageBuild.cmake" "${scripts}/make-linux-guest.sh"
      "${scripts}/common.sh" "${scripts}/guest-init"
    COMMENT "kvmtest: guest image ${name}"
    VERBATIM)
  add_custom_target("${name}" DEPENDS ${outputs})
endfunction()

# Each of these two sets the caller's image_* fields, and lists its properties, outputs and inputs.
macro(_kvmtest_image_of_url)
  _kvmtest_image_url_name(image_file)
  set(image_url "${arg_URL}")
  set(image_hash "${arg_HASH}")
  list(APPEND properties KVM_IMAGE "${image_dir}/${image_file}")
  list(APPEND outputs "${image_dir}/${image_file}")
endmacro()

macro(_kvmtest_image_of_kernel)
  _kvmtest_image_files("${name}")
  set(image_files "${files}")
  set(image_command "${arg_COMMAND}")
  set(image_disk "${arg_DISK}")
  set(kernel_file "linux/kernel")
  set(initrd_file "linux/initramfs.cpio")
  if(kind STREQUAL "PACKAGES")
    _kvmtest_image_packages("${name}")
    set(image_flavour "${flavour}")
    set(image_packages "${packages}")
    set(image_modules "${arg_MODULES}")
    set(kernel_file "linux/vmlinux")
  else()
    _kvmtest_image_file(image_kernel "${name}" KERNEL "${arg_KERNEL}")
  endif()
  if(NOT "${arg_INITRD}" STREQUAL "")
    _kvmtest_image_file(image_initrd "${name}" INITRD "${arg_INITRD}")
    set(kernel_file "kernel")
    set(initrd_file "initrd")
  endif()
  list(APPEND properties KVM_KERNEL "${image_dir}/${kernel_file}" KVM_INITRD "${image_dir}/${initrd_file}")
  list(APPEND outputs "${image_dir}/${kernel_file}" "${image_dir}/${initrd_file}")
  if(NOT image_disk STREQUAL "")
    set(format qcow2)
    list(APPEND properties KVM_IMAGE "${image_dir}/disk.qcow2")
    list(APPEND outputs "${image_dir}/disk.qcow2")
  endif()
endmacro()

function(kvm_add_guest_image name)
  set(single URL HASH FORMAT KERNEL INITRD COMMAND DISK)
  set(multi PACKAGES MODULES FILES DEPENDS)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "${single}" "${multi}")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    list(GET arg_UNPARSED_ARGUMENTS 0 word)
    _kvmtest_image_error("${name}" "unknown argument '${word}'")
  endif()
  if(DEFINED arg_KEYWORDS_MISSING_VALUES)
    list(GET arg_KEYWORDS_MISSING_VALUES 0 word)
    _kvmtest_image_error("${name}" "${word} has no value")
  endif()
  foreach(keyword IN LISTS single)
    set(count 0)
    foreach(word IN LISTS ARGN)
      if(word STREQUAL keyword)
        math(EXPR count "${count} + 1")
      endif()
    endforeach()
    if(count GREATER 1)
      _kvmtest_image_error("${name}" "${keyword} is given twice")
    endif()
  endforeach()
  _kvmtest_image_check_name("${name}")
  _kvmtest_image_check_company("${name}")
  _kvmtest_image_check_values("${name}")

  set(fields name kind dir cache url hash file kernel initrd flavour packages modules files command disk)
  foreach(field IN LISTS fields)
    set(image_${field} "")
  endforeach()
  set(image_name "${name}")
  set(image_kind "${kind}")
  set(image_dir "${CMAKE_BINARY_DIR}/kvmtest/images/${name}")
  _kvmtest_absolute(image_cache "${KVMTEST_IMAGE_CACHE}" "${CMAKE_CURRENT_SOURCE_DIR}")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config AND "${ARGN}" MATCHES "\\$<")
    string(APPEND image_dir "/$<CONFIG>")
  endif()
  set(inputs "")
  set(outputs "")
  set(properties "")
  set(format "")
  if(kind STREQUAL "URL")
    _kvmtest_image_of_url()
  else()
    _kvmtest_image_of_kernel()
  endif()
  _kvmtest_image_target("${name}")
  if(NOT format STREQUAL "")
    list(GET outputs -1 disk)
    string(REGEX REPLACE "[.][^./]*$" "" base "${disk}")
    list(APPEND properties KVM_IMAGE_NAME "${base}" KVM_IMAGE_FORMAT "${format}")
  endif()
  set_target_properties("${name}" PROPERTIES ${properties})
endfunction()
