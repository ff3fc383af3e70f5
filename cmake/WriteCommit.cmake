# cmake -DGIT=GIT -DSOURCE=FOLDER -DOUTPUT=FILE -P WriteCommit.cmake writes the definition of
# worker/trainer/trainer_commit.h, and leaves the file alone where nothing has changed. A folder that
# only lies in somebody else's history has no commit.
set(commit "unknown")
if(GIT AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=8 --exclude=*
                  OUTPUT_VARIABLE described RESULT_VARIABLE status ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(status EQUAL 0)
    set(commit ${described})
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "worker/trainer/trainer_commit.h"

namespace adares {

const char kTrainerCommit[] = "@commit@";

}  // namespace adares
]])
