"""``python -m grader.worker [FOLDER]``: serve an examiner at stdin and stdout; FOLDER is where tests may write."""

import gc

gc.disable()  # until all is loaded: a collection would find nothing then

from grader.worker.zygote import main  # noqa: E402

main()
