"""Actions released at once."""
import threading

PATIENCE_S = 60  # until a test gives up; never a measure of speed


def together(*actions):
    """Runs each in a thread of its own, released at once; their results in order."""
    barrier = threading.Barrier(len(actions))
    results = [None] * len(actions)

    def run(place, action):
        barrier.wait(PATIENCE_S)
        results[place] = action()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return results
