"""The tasks around ResNet-18: training it, with its pass over the features, and fetching ImageNet weights."""

from core.dataset import Splits
from core.files import imagenet
from core.jobs.spec import State
from core.jobs.tasks.train import Attempt, images
from core.jobs.worker.follow import follow
from core.jobs.worker.job import Job
from core.training.loop import Loop, TrainingState
from core.training.snapshots import Snapshots
from core.transfer.config import TransferConfig
from core.transfer.run import HeadTraining, NetTraining, both_features, subset


def transfer(job: Job) -> State:
    """Train on from memory, from the run's newest checkpoint, or from the start.

    A frozen body's features come first.
    """
    return Attempt(job, *(job.memory.take() or _loaded(job))).run()


def _loaded(job: Job) -> tuple[Loop, Snapshots[TransferConfig]]:
    """The training as the newest checkpoint has it, and the files it is kept in."""
    config = TransferConfig.from_json(job.params["config"])
    snapshots = Snapshots(job.folder, config, job.params["data_set"])
    saved = snapshots.newest()
    data = images(job)
    return _training(job, config, data, saved.state if saved else None), snapshots


def fetch_weights(job: Job) -> State:
    """Put ResNet-18's ImageNet weights into the cache."""
    job.begin()
    follow(job, imagenet.download())
    return State.DONE


def _training(job: Job, config: TransferConfig, data: Splits, state: TrainingState | None) -> Loop:
    state_dict = imagenet.load() if config.pretrained else None
    if config.mode != "features":
        train, validation = (
            subset(data.train, config.train_size),
            subset(data.validation, config.validation_size),
        )
        return NetTraining(config, train, validation, state_dict, state)
    work = both_features(config, data, state_dict, imagenet.weights_file().name)
    train, validation, seen, judged = follow(job, work)
    return HeadTraining(config, (seen, train.labels), (judged, validation.labels), state)
