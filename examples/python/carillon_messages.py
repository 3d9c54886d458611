# Generated from the JSON Schemas of the messages; `npm run python:models` makes it anew.

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict


class Check(TypedDict, closed=True):
    version: NotRequired[int]
    eventId: NotRequired[str]
    unclaimed: NotRequired[Literal[True]]
    live: NotRequired[Literal[True]]


class Dst(TypedDict, closed=True):
    gap: NotRequired[Literal['skip', 'shift']]
    overlap: NotRequired[Literal['first', 'second', 'both']]


class ServiceDown(TypedDict, closed=True):
    policy: NotRequired[Literal['latest', 'all', 'skip']]
    max: NotRequired[int]
    within: NotRequired[str]


class Paused(TypedDict, closed=True):
    policy: NotRequired[Literal['latest', 'all', 'skip']]
    max: NotRequired[int]
    within: NotRequired[str]


class CreatedLate(TypedDict, closed=True):
    policy: NotRequired[Literal['latest', 'all', 'skip']]
    max: NotRequired[int]
    within: NotRequired[str]


class Missed(TypedDict, closed=True):
    policy: NotRequired[Literal['latest', 'all', 'skip']]
    max: NotRequired[int]
    within: NotRequired[str]
    serviceDown: NotRequired[ServiceDown]
    paused: NotRequired[Paused]
    createdLate: NotRequired[CreatedLate]


class Retry(TypedDict, closed=True):
    maxAttempts: NotRequired[int]
    backoff: NotRequired[Literal['exponential', 'fixed']]
    min: NotRequired[str]
    max: NotRequired[str]
    jitter: NotRequired[bool]
    countUnheard: NotRequired[bool]


class PreSchedule(TypedDict, closed=True):
    enable: NotRequired[bool]
    timeout: NotRequired[str]
    onTimeout: NotRequired[Literal['fire', 'skip']]


class Timer1(TypedDict, closed=True):
    hookClass: NotRequired[str]
    tags: NotRequired[list[str]]
    data: NotRequired[str | None]
    dataEncoding: NotRequired[Literal['base64']]
    ackTimeout: NotRequired[str]
    retry: NotRequired[Retry]
    preSchedule: NotRequired[PreSchedule]
    maxPause: NotRequired[str | None]
    needsClaim: NotRequired[bool]
    keepFor: NotRequired[str | None]


class Spawn(TypedDict, closed=True):
    timer: NotRequired[Timer1]
    overlap: NotRequired[Literal['skip', 'queueOne', 'allow']]
    openMax: NotRequired[int]


class Timer(TypedDict, closed=True):
    schedPolicyType: str
    schedPolicyExpr: str
    timeZone: NotRequired[str]
    hookClass: NotRequired[str]
    tags: NotRequired[list[str]]
    data: NotRequired[str | None]
    dataEncoding: NotRequired[Literal['base64']]
    enable: NotRequired[bool]
    watermark: NotRequired[str | None]
    summaryData: NotRequired[str | None]
    summaryDataEncoding: NotRequired[Literal['base64']]
    startAt: NotRequired[str | None]
    endAt: NotRequired[str | None]
    maxFires: NotRequired[int | None]
    jitter: NotRequired[str | None]
    exclude: NotRequired[list[str]]
    dst: NotRequired[Dst]
    missed: NotRequired[Missed]
    ackTimeout: NotRequired[str]
    retry: NotRequired[Retry]
    preSchedule: NotRequired[PreSchedule]
    spawn: NotRequired[Spawn | None]
    maxPause: NotRequired[str | None]
    needsClaim: NotRequired[bool]
    keepFor: NotRequired[str | None]


class CreateTimer(TypedDict, closed=True):
    type: Literal['CreateTimer']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    timer: Timer


class Missed1(TypedDict, closed=True):
    policy: NotRequired[Literal['latest', 'all', 'skip']]
    max: NotRequired[int]
    within: NotRequired[str]
    serviceDown: NotRequired[ServiceDown]
    paused: NotRequired[Paused]
    createdLate: NotRequired[CreatedLate]


class Timer2(TypedDict, closed=True):
    hookClass: NotRequired[str]
    tags: NotRequired[list[str]]
    data: NotRequired[str | None]
    dataEncoding: NotRequired[Literal['base64']]
    ackTimeout: NotRequired[str]
    retry: NotRequired[Retry]
    preSchedule: NotRequired[PreSchedule]
    maxPause: NotRequired[str | None]
    needsClaim: NotRequired[bool]
    keepFor: NotRequired[str | None]


class Spawn1(TypedDict, closed=True):
    timer: NotRequired[Timer2]
    overlap: NotRequired[Literal['skip', 'queueOne', 'allow']]
    openMax: NotRequired[int]


class Set(TypedDict, closed=True):
    schedPolicyType: NotRequired[str]
    schedPolicyExpr: NotRequired[str]
    timeZone: NotRequired[str]
    hookClass: NotRequired[str]
    tags: NotRequired[list[str]]
    data: NotRequired[str | None]
    dataEncoding: NotRequired[Literal['base64']]
    enable: NotRequired[bool]
    watermark: NotRequired[str | None]
    summaryData: NotRequired[str | None]
    summaryDataEncoding: NotRequired[Literal['base64']]
    startAt: NotRequired[str | None]
    endAt: NotRequired[str | None]
    maxFires: NotRequired[int | None]
    jitter: NotRequired[str | None]
    exclude: NotRequired[list[str]]
    dst: NotRequired[Dst]
    missed: NotRequired[Missed1]
    ackTimeout: NotRequired[str]
    retry: NotRequired[Retry]
    preSchedule: NotRequired[PreSchedule]
    spawn: NotRequired[Spawn1 | None]
    maxPause: NotRequired[str | None]
    needsClaim: NotRequired[bool]
    keepFor: NotRequired[str | None]


class UpdateTimer(TypedDict, closed=True):
    type: Literal['UpdateTimer']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    set: Set
    recall: NotRequired[Literal[True]]


class DeleteTimer(TypedDict, closed=True):
    type: Literal['DeleteTimer']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]


class TriggerTimer(TypedDict, closed=True):
    type: Literal['TriggerTimer']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    requestId: NotRequired[str]
    timeout: NotRequired[str]


class PauseTimer(TypedDict, closed=True):
    type: Literal['PauseTimer']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    token: NotRequired[str]
    recall: NotRequired[Literal[True]]


class ResumeTimer(TypedDict, closed=True):
    type: Literal['ResumeTimer']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    token: NotRequired[str]


class ExpireTimer(TypedDict, closed=True):
    type: Literal['ExpireTimer']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]


class CancelTimer(TypedDict, closed=True):
    type: Literal['CancelTimer']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]


class RedriveEvent(TypedDict, closed=True):
    type: Literal['RedriveEvent']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    eventId: NotRequired[str]


class CloseEvent(TypedDict, closed=True):
    type: Literal['CloseEvent']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    eventId: str
    attempt: NotRequired[int]
    worker: NotRequired[str]
    watermark: NotRequired[str | None]
    summaryData: NotRequired[str | None]
    summaryDataEncoding: NotRequired[Literal['base64']]
    result: NotRequired[str | None]
    resultEncoding: NotRequired[Literal['base64']]
    nextFireAt: NotRequired[str]


class RetryEvent(TypedDict, closed=True):
    type: Literal['RetryEvent']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    eventId: str
    attempt: NotRequired[int]
    worker: NotRequired[str]
    error: NotRequired[str]
    after: NotRequired[str]
    at: NotRequired[str]
    data: NotRequired[str]
    dataEncoding: NotRequired[Literal['base64']]
    handBack: NotRequired[Literal[True]]


class HeartbeatEvent(TypedDict, closed=True):
    type: Literal['HeartbeatEvent']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    eventId: str
    attempt: NotRequired[int]
    worker: NotRequired[str]
    progress: NotRequired[str]
    progressEncoding: NotRequired[Literal['base64']]


class ClaimEvent(TypedDict, closed=True):
    type: Literal['ClaimEvent']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    eventId: str
    attempt: NotRequired[int]
    worker: str
    takeOver: NotRequired[bool]


class AnswerPreSchedule(TypedDict, closed=True):
    type: Literal['AnswerPreSchedule']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    eventId: str
    attempt: NotRequired[int]
    delay: NotRequired[str]
    eventData: NotRequired[str]
    eventDataEncoding: NotRequired[Literal['base64']]


class AcquireLease(TypedDict, closed=True):
    type: Literal['AcquireLease']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    holder: str
    ttl: str


class RenewLease(TypedDict, closed=True):
    type: Literal['RenewLease']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    holder: str
    token: int
    ttl: str


class ReleaseLease(TypedDict, closed=True):
    type: Literal['ReleaseLease']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    holder: str
    token: NotRequired[int]


class EndChild(TypedDict, closed=True):
    type: Literal['EndChild']
    id: str
    namespace: NotRequired[str]
    key: NotRequired[str]
    timerId: NotRequired[str]
    check: NotRequired[Check]
    parentId: str


class Timer3(TypedDict):
    id: str
    namespace: str
    key: str
    hookClass: str
    tags: list[str]
    version: int
    data: NotRequired[str]
    dataEncoding: NotRequired[Literal['base64']]
    summaryData: NotRequired[str]
    summaryDataEncoding: NotRequired[Literal['base64']]
    watermark: NotRequired[str]


class DueEvent(TypedDict):
    eventId: str
    attempt: int
    attemptsBefore: NotRequired[int]
    unclaimed: NotRequired[Literal[True]]
    timer: Timer3
    scheduledFor: str
    startedAt: str
    deadline: NotRequired[str]
    ackTimeoutMs: float
    manualRequestId: NotRequired[str]
    eventData: NotRequired[str]
    eventDataEncoding: NotRequired[Literal['base64']]


class DeadEvent(TypedDict):
    eventId: str
    attempt: int
    attemptsBefore: NotRequired[int]
    timer: Timer3
    scheduledFor: str
    startedAt: str
    deadline: NotRequired[str]
    ackTimeoutMs: float
    manualRequestId: NotRequired[str]
    eventData: NotRequired[str]
    eventDataEncoding: NotRequired[Literal['base64']]
    attempts: float
    givenUpAt: str
    error: NotRequired[str]


class Timer5(TypedDict):
    id: str
    version: float


class Reply1(TypedDict):
    ok: Literal[True]
    timer: Timer5


class Reply2(TypedDict):
    ok: Literal[False]
    code: str
    message: str
    field: NotRequired[str]
    retryAfterMs: NotRequired[int]


Reply: TypeAlias = Reply1 | Reply2


class Messages(TypedDict):
    CreateTimer: NotRequired[CreateTimer]
    UpdateTimer: NotRequired[UpdateTimer]
    DeleteTimer: NotRequired[DeleteTimer]
    TriggerTimer: NotRequired[TriggerTimer]
    PauseTimer: NotRequired[PauseTimer]
    ResumeTimer: NotRequired[ResumeTimer]
    ExpireTimer: NotRequired[ExpireTimer]
    CancelTimer: NotRequired[CancelTimer]
    RedriveEvent: NotRequired[RedriveEvent]
    CloseEvent: NotRequired[CloseEvent]
    RetryEvent: NotRequired[RetryEvent]
    HeartbeatEvent: NotRequired[HeartbeatEvent]
    ClaimEvent: NotRequired[ClaimEvent]
    AnswerPreSchedule: NotRequired[AnswerPreSchedule]
    AcquireLease: NotRequired[AcquireLease]
    RenewLease: NotRequired[RenewLease]
    ReleaseLease: NotRequired[ReleaseLease]
    EndChild: NotRequired[EndChild]
    DueEvent: NotRequired[DueEvent]
    DeadEvent: NotRequired[DeadEvent]
    Reply: NotRequired[Reply]
