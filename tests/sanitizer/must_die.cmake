# Runs PROBE CRIME and fails unless the probe ended badly and printed REPORT.
execute_process(COMMAND ${PROBE} ${CRIME} RESULT_VARIABLE status OUTPUT_VARIABLE text
                ERROR_VARIABLE text TIMEOUT 30)
string(FIND "${text}" "${REPORT}" found)
if(status EQUAL 0 OR found EQUAL -1)
  message(FATAL_ERROR "${CRIME} was requested, but the probe ended with '${status}' and did not "
                      "report '${REPORT}'. It said:\n${text}")
endif()
