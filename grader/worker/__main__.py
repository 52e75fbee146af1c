"""``python -m grader.worker [FOLDER]``: serve an examiner at stdin and stdout; FOLDER is where tests may write."""

from grader.worker.zygote import main

main()
