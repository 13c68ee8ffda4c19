# How the dashboard script sends files to CDash: as ctest_submit() does, but for three things that
# this does not offer (seen with 3.25). It takes any answer of 200 for a success, be it a refusal of
# CDash's, a page to log in or nothing at all; it does not say what has been taken when a later file
# fails, nor what the server said.
#
# The script sets kvmtest_token, kvmtest_RETRIES, kvmtest_RETRY_DELAY, kvmtest_BINARY, kvmtest_tag,
# kvmtest_STEPS, kvmtest_is_shard, kvmtest_said, kvmtest_upload_digest, CTEST_SITE and CTEST_BUILD_NAME.

# Sets <out> to the text as XML has it.
function(_kvmtest_xml out text)
  string(REPLACE "&" "&amp;" text "${text}")
  string(REPLACE "<" "&lt;" text "${text}")
  string(REPLACE ">" "&gt;" text "${text}")
  string(REPLACE "\"" "&quot;" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Sets <out> to the text as a value in an address.
function(_kvmtest_url_word out text)
  _kvmtest_escape(word "${text}")
  string(REPLACE "_" "%" word "${word}")
  set(${out} "${word}" PARENT_SCOPE)
endfunction()

# Sets <out> to where files are put, as ctest finds it; empty if nobody says.
function(_kvmtest_submit_url out)
  set(url "${CTEST_SUBMIT_URL}")
  if(url STREQUAL "" AND NOT "${CTEST_DROP_SITE}" STREQUAL "")
    set(method "${CTEST_DROP_METHOD}")
    if(method STREQUAL "")
      set(method http)
    endif()
    set(user "")
    if(NOT "${CTEST_DROP_SITE_USER}" STREQUAL "")
      set(user "${CTEST_DROP_SITE_USER}@")
      if(NOT "${CTEST_DROP_SITE_PASSWORD}" STREQUAL "")
        set(user "${CTEST_DROP_SITE_USER}:${CTEST_DROP_SITE_PASSWORD}@")
      endif()
    endif()
    set(url "${method}://${user}${CTEST_DROP_SITE}${CTEST_DROP_LOCATION}")
  endif()
  set(${out} "${url}" PARENT_SCOPE)
endfunction()

# The proxy as ctest is told of it, for the library that sends.
function(_kvmtest_use_proxy)
  if("$ENV{HTTP_PROXY}" STREQUAL "")
    return()
  endif()
  set(proxy "$ENV{HTTP_PROXY}")
  if(NOT "$ENV{HTTP_PROXY_USER}" STREQUAL "")
    set(proxy "$ENV{HTTP_PROXY_USER}:$ENV{HTTP_PROXY_PASSWD}@${proxy}")
  endif()
  if("$ENV{HTTP_PROXY_TYPE}" MATCHES "^SOCKS([45])$")
    set(proxy "socks${CMAKE_MATCH_1}://${proxy}")
  endif()
  foreach(variable IN ITEMS http_proxy https_proxy)
    if("$ENV{${variable}}" STREQUAL "")
      set(ENV{${variable}} "${proxy}")
    endif()
  endforeach()
endfunction()

# Sets <out> to the address to which the file of a part goes.
function(_kvmtest_address out url part file)
  file(STRINGS "${kvmtest_BINARY}/Testing/TAG" tag LIMIT_COUNT 2)
  list(JOIN tag "-" stamp)
  file(MD5 "${file}" md5)
  string(REGEX REPLACE "[ /\\]" "_" name "${CTEST_SITE}___${CTEST_BUILD_NAME}___${stamp}___XML___${part}.xml")
  set(separator "?")
  if(url MATCHES "[?]")
    set(separator "&")
  endif()
  foreach(word IN ITEMS "FileName=${name}" "build=${CTEST_BUILD_NAME}" "site=${CTEST_SITE}"
      "stamp=${stamp}" "MD5=${md5}")
    string(REGEX MATCH "^[^=]*" key "${word}")
    string(REGEX REPLACE "^[^=]*=" "" value "${word}")
    _kvmtest_url_word(value "${value}")
    string(APPEND url "${separator}${key}=${value}")
    set(separator "&")
  endforeach()
  set(${out} "${url}" PARENT_SCOPE)
endfunction()

# Sets <out> to what somebody has said, on one line and not too long, and never with the token.
function(_kvmtest_quoted out text)
  if(NOT kvmtest_token STREQUAL "")
    string(REPLACE "${kvmtest_token}" "(the token)" text "${text}")
  endif()
  string(REGEX REPLACE "[ \t\r\n]+" " " text "${text}")
  string(STRIP "${text}" text)
  string(LENGTH "${text}" length)
  if(length GREATER 300)
    string(SUBSTRING "${text}" 0 300 text)
    string(APPEND text " ...")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Sets <out> to the text of an element of an answer, <none> if it has none or nothing in it.
function(_kvmtest_element out answer name none)
  set(text "${none}")
  if(answer MATCHES "<${name}>([^<]+)</${name}>")
    set(text "${CMAKE_MATCH_1}")
    string(REPLACE "&lt;" "<" text "${text}")
    string(REPLACE "&gt;" ">" text "${text}")
    string(REPLACE "&quot;" "\"" text "${text}")
    string(REPLACE "&amp;" "&" text "${text}")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Sets <out> to whether a file that is answered with this status is not to be sent again: 4xx is a refusal
# (but for "too slow" and "too much"), and with a 500 CDash may have kept a part of the tests, which it
# would count twice. What comes from a proxy before it, or from nobody, is another matter.
function(_kvmtest_is_final out status)
  set(final OFF)
  if(status MATCHES "^(4..|500)$" AND NOT status MATCHES "^(408|425|429)$")
    set(final ON)
  endif()
  set(${out} ${final} PARENT_SCOPE)
endfunction()

# Puts the file of a part to an address, once. Sets
#   sent_problem  what was wrong, empty if CDash says that it has taken it
#   sent_final    whether once more is of no use: CDash itself has said so, or the status does
#   sent_status   the status of HTTP, if it was the problem
#   sent_build    the number of the build, if CDash says it
function(_kvmtest_put part file address)
  foreach(variable IN ITEMS problem status build)
    set(sent_${variable} "" PARENT_SCOPE)
  endforeach()
  set(sent_final OFF PARENT_SCOPE)
  set(headers HTTPHEADER "Content-Type: text/xml")
  if(NOT kvmtest_token STREQUAL "")
    list(APPEND headers HTTPHEADER "Authorization: Bearer ${kvmtest_token}")
  endif()
  set(verify ON)
  if("${CTEST_CURL_OPTIONS}" MATCHES "CURLOPT_SSL_VERIFYPEER_OFF"
      OR (DEFINED CTEST_TLS_VERIFY AND NOT CTEST_TLS_VERIFY))
    set(verify OFF)
  endif()
  set(patience 120)
  if(NOT "${CTEST_SUBMIT_INACTIVITY_TIMEOUT}" STREQUAL "")
    set(patience ${CTEST_SUBMIT_INACTIVITY_TIMEOUT})
  endif()
  # The log has the headers, and with them the token.
  file(UPLOAD "${file}" "${address}" ${headers} TLS_VERIFY ${verify}
    INACTIVITY_TIMEOUT ${patience} STATUS status LOG log)
  string(FIND "${log}" "Debug:\n" end REVERSE)
  string(SUBSTRING "${log}" 0 ${end} answer)
  string(SUBSTRING "${log}" ${end} -1 log)
  string(REGEX REPLACE "^Response:\n" "" answer "${answer}")
  list(GET status 0 code)
  list(GET status 1 reason)
  string(REPLACE "\"" "" reason "${reason}")
  # Where it was sent on to, if it was; the first line of the last answer.
  set(way "")
  if(log MATCHES "\nHTTP/[0-9.]+ (30[0-9][^\r\n]*)")
    set(way "${CMAKE_MATCH_1}")
    if(log MATCHES "\n[Ll]ocation: *([^\r\n]*)")
      string(APPEND way ", to ${CMAKE_MATCH_1}")
    endif()
    string(APPEND way "; ")
  endif()
  if(NOT code EQUAL 0)
    # What else it says then is not read (CURLOPT_FAILONERROR), by ctest_submit() neither.
    if(log MATCHES "returned error: ([0-9]+)")
      set(sent_status ${CMAKE_MATCH_1} PARENT_SCOPE)
      _kvmtest_is_final(final ${CMAKE_MATCH_1})
      set(sent_final ${final} PARENT_SCOPE)
      string(REGEX MATCH "\nHTTP/[0-9.]+ ${CMAKE_MATCH_1}[^\r\n]*" line "${log}")
      string(REGEX REPLACE "^\nHTTP/[0-9.]+ +" "" reason "${line}")
      set(reason "the server's status is ${reason}")
    endif()
    _kvmtest_quoted(reason "${way}${reason}")
    set(sent_problem "${part}.xml was not sent: ${reason}" PARENT_SCOPE)
    return()
  endif()
  string(TOUPPER "${answer}" upper)
  _kvmtest_element(verdict "${upper}" STATUS "")
  if(NOT answer MATCHES "<cdash" OR verdict STREQUAL "")
    _kvmtest_quoted(said "${answer}")
    if(said STREQUAL "")
      set(said "it is empty")
    endif()
    _kvmtest_quoted(way "${way}")
    set(sent_problem "the answer to ${part}.xml is not CDash's: ${way}${said}" PARENT_SCOPE)
    return()
  endif()
  set(sent_final ON PARENT_SCOPE)
  _kvmtest_element(message "${answer}" message "it does not say why")
  _kvmtest_quoted(message "${message}")
  if(verdict STREQUAL "WARNING")
    message("kvmtest dashboard: the server warns of ${part}.xml: ${message}")
  elseif(NOT verdict MATCHES "^(OK|SUCCESS)$")
    set(sent_problem "the server refused ${part}.xml: ${message}" PARENT_SCOPE)
    return()
  endif()
  _kvmtest_element(build "${answer}" buildId "")
  set(sent_build "${build}" PARENT_SCOPE)
endfunction()

# The same as often as it is to be tried.
function(_kvmtest_send part file address)
  foreach(attempt RANGE ${kvmtest_RETRIES})
    if(attempt GREATER 0)
      message("kvmtest dashboard: ${sent_problem}; again in ${kvmtest_RETRY_DELAY} s")
      ctest_sleep(${kvmtest_RETRY_DELAY})
    endif()
    _kvmtest_put("${part}" "${file}" "${address}")
    if(sent_final OR sent_problem STREQUAL "")
      break()
    endif()
  endforeach()
  return(PROPAGATE sent_problem sent_status sent_build)
endfunction()

# Writes the note of a run as ctest does.
function(_kvmtest_write_notes file note)
  file(READ "${note}" text)
  file(STRINGS "${kvmtest_BINARY}/Testing/TAG" tag LIMIT_COUNT 2)
  list(JOIN tag "-" stamp)
  foreach(word IN ITEMS text note stamp)
    _kvmtest_xml(${word} "${${word}}")
  endforeach()
  _kvmtest_xml(site "${CTEST_SITE}")
  _kvmtest_xml(name "${CTEST_BUILD_NAME}")
  string(TIMESTAMP time "%s" UTC)
  string(TIMESTAMP date "%b %d %H:%M UTC" UTC)
  file(WRITE "${file}" "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Site BuildName=\"${name}\" BuildStamp=\"${stamp}\" Name=\"${site}\""
    " Generator=\"ctest-${CMAKE_VERSION}\">\n\t<Notes>\n\t\t<Note Name=\"${note}\">\n"
    "\t\t\t<Time>${time}</Time>\n\t\t\t<DateTime>${date}</DateTime>\n\t\t\t<Text>${text}</Text>\n"
    "\t\t</Note>\n\t</Notes>\n</Site>\n")
endfunction()

# What a server has taken of a run stands in <tag>/kvmtest-taken.txt, a line each:
# <part> <build> <address> <files>, of which the address is a digest, since there may be a password in it,
# and so is what was uploaded. CDash lists each test of a Test.xml that it gets twice twice; and of a build
# that is done it removes all when anything comes for it again. So nothing is sent twice before that, and
# all of it after.

# Sets <out> to the lines for a server.
function(_kvmtest_taken_by out server)
  set(lines "")
  set(record "${kvmtest_BINARY}/Testing/${kvmtest_tag}/kvmtest-taken.txt")
  if(EXISTS "${record}")
    file(STRINGS "${record}" lines REGEX " ${server} ")
  endif()
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

# Forgets the lines that match: what they tell of is to be sent again.
function(_kvmtest_forget pattern)
  set(record "${kvmtest_BINARY}/Testing/${kvmtest_tag}/kvmtest-taken.txt")
  if(NOT EXISTS "${record}")
    return()
  endif()
  file(STRINGS "${record}" lines)
  list(FILTER lines EXCLUDE REGEX "${pattern}")
  list(JOIN lines "\n" lines)
  file(WRITE "${record}" "${lines}\n")
endfunction()

# Forgets that these parts were sent, since there are new ones; not that a build is done.
function(_kvmtest_forget_taken)
  list(REMOVE_ITEM ARGN Done)
  list(JOIN ARGN "|" parts)
  _kvmtest_forget("^(${parts}) ")
endfunction()

# Sets <out> to those of the parts that a server has not taken, by its lines. Who says which files are to be
# uploaded means these.
function(_kvmtest_left out lines)
  set(left "")
  foreach(part IN LISTS ARGN)
    set(pattern "^${part} ")
    if(part STREQUAL "Upload" AND "UPLOAD" IN_LIST kvmtest_said AND NOT kvmtest_upload_digest STREQUAL "-")
      set(pattern "^Upload .* ${kvmtest_upload_digest}$")
    endif()
    set(taken "${lines}")
    list(FILTER taken INCLUDE REGEX "${pattern}")
    if(taken STREQUAL "")
      list(APPEND left ${part})
    endif()
  endforeach()
  set(${out} "${left}" PARENT_SCOPE)
endfunction()

# Sets <out> to the parts that are there, of those that make files.
function(_kvmtest_made_parts out)
  set(made "")
  foreach(part IN LISTS ARGN)
    if(part STREQUAL "Notes" OR EXISTS "${kvmtest_BINARY}/Testing/${kvmtest_tag}/${part}.xml")
      list(APPEND made ${part})
    endif()
  endforeach()
  set(${out} "${made}" PARENT_SCOPE)
endfunction()

# Sends the parts that this server has not taken yet, in their order, up to the first that fails.
# Sets
#   submit_taken    those that were sent
#   submit_problem  what was wrong with the one that was not
#   submit_part     which that is, and submit_status the status of HTTP, if it was that
#   submit_build    the number of the build
function(_kvmtest_submit note)
  _kvmtest_submit_url(url)
  _kvmtest_use_proxy()
  set(directory "${kvmtest_BINARY}/Testing/${kvmtest_tag}")
  string(MD5 server "${url}")
  foreach(variable IN ITEMS taken problem part status build)
    set(submit_${variable} "")
  endforeach()
  _kvmtest_taken_by(lines ${server})
  _kvmtest_left(parts "${lines}" ${ARGN})
  if(NOT parts STREQUAL "" AND lines MATCHES "(^|;)Done ")
    if(NOT "submit" IN_LIST kvmtest_STEPS)
      set(parts "")  # all that it is to do is done
    elseif(kvmtest_is_shard)
      set(submit_problem "this server has been told that the build is done, and would remove it, with the "
        "other shards' results, for these: run all of them again under another STAMP")
      list(JOIN submit_problem "" submit_problem)
      return(PROPAGATE submit_taken submit_problem submit_part submit_status submit_build)
    else()
      message("kvmtest dashboard: this server has been told that the build is done, and makes it anew of "
        "what comes now: all parts are sent")
      _kvmtest_forget(" ${server} ")
      set(lines "")
      _kvmtest_made_parts(parts Update Configure Build Test Notes Upload)
      if("Done" IN_LIST ARGN)
        list(APPEND parts Done)
      endif()
    endif()
  endif()
  if(lines MATCHES "(^|;)[A-Za-z]+ ([0-9]+) [^;]*$")
    set(submit_build ${CMAKE_MATCH_2})
  endif()
  foreach(part IN LISTS parts)
    set(file "${directory}/${part}.xml")
    if(part STREQUAL "Notes")
      _kvmtest_write_notes("${file}" "${note}")
    elseif(part STREQUAL "Done")
      string(TIMESTAMP time "%s" UTC)
      file(WRITE "${file}" "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<Done>\n\t<buildId>${submit_build}</buildId>\n\t<time>${time}</time>\n</Done>\n")
    endif()
    _kvmtest_address(address "${url}" "${part}" "${file}")
    _kvmtest_send("${part}" "${file}" "${address}")
    if(NOT sent_problem STREQUAL "")
      set(submit_problem "${sent_problem}")
      set(submit_part ${part})
      set(submit_status "${sent_status}")
      break()
    endif()
    if(NOT sent_build STREQUAL "")
      set(submit_build "${sent_build}")
    endif()
    list(APPEND submit_taken "${part}")
    set(files -)
    if(part STREQUAL "Upload")
      set(files ${kvmtest_upload_digest})
    endif()
    file(APPEND "${directory}/kvmtest-taken.txt" "${part} ${submit_build} ${server} ${files}\n")
  endforeach()
  return(PROPAGATE submit_taken submit_problem submit_part submit_status submit_build)
endfunction()
