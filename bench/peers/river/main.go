// River, driven line by line as every peer is: see ../protocol.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

const (
	callsInFlight = 50
	batchSize     = 1000
)

type args struct {
	DueAt float64 `json:"dueAt"`
}

func (args) Kind() string { return "bench" }

type ask struct {
	Op      string  `json:"op"`
	URL     string  `json:"url"`
	Count   int     `json:"count"`
	DueAt   float64 `json:"dueAt"`
	EveryMs float64 `json:"everyMs"`
	Hold    bool    `json:"hold"`
}

type worker struct {
	river.WorkerDefaults[args]
	hold    bool
	handled atomic.Int64
	mutex   sync.Mutex
	sample  []float64
}

func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	lateness := float64(time.Now().UnixMicro())/1000 - job.Args.DueAt
	w.mutex.Lock()
	w.sample = append(w.sample, lateness)
	w.mutex.Unlock()
	w.handled.Add(1)
	if w.hold {
		select {}
	}
	return nil
}

func (w *worker) reset() {
	w.mutex.Lock()
	w.sample = nil
	w.mutex.Unlock()
}

func (w *worker) report() map[string]any {
	w.mutex.Lock()
	sample := slices.Clone(w.sample)
	w.mutex.Unlock()
	slices.Sort(sample)
	at := func(share float64) float64 {
		if len(sample) == 0 {
			return 0
		}
		return float64(int(sample[min(len(sample)-1, int(share*float64(len(sample))))]))
	}
	return map[string]any{"handled": w.handled.Load(), "p50": at(0.5), "p99": at(0.99), "max": at(1)}
}

type peer struct {
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	worker *worker
}

func must[T any](value T, err error) T {
	if err != nil {
		slog.Error("the peer failed", "error", err)
		os.Exit(1)
	}
	return value
}

func opts(dueAt float64) *river.InsertOpts {
	return &river.InsertOpts{ScheduledAt: time.UnixMicro(int64(dueAt * 1000))}
}

func timed(run func()) map[string]any {
	startedAt := time.Now()
	run()
	return map[string]any{"tookMs": float64(time.Since(startedAt).Microseconds()) / 1000}
}

func (p *peer) answer(ctx context.Context, a ask) map[string]any {
	switch a.Op {
	case "open":
		p.pool = must(pgxpool.New(ctx, a.URL))
		must(must(rivermigrate.New(riverpgxv5.New(p.pool), nil)).Migrate(ctx, rivermigrate.DirectionUp, nil))
		p.client = must(river.NewClient(riverpgxv5.New(p.pool), &river.Config{}))
	case "batch":
		return timed(func() {
			for from := 0; from < a.Count; from += batchSize {
				jobs := make([]river.InsertManyParams, 0, batchSize)
				for i := from; i < min(a.Count, from+batchSize); i++ {
					dueAt := a.DueAt + float64(i)*a.EveryMs
					jobs = append(jobs, river.InsertManyParams{Args: args{dueAt}, InsertOpts: opts(dueAt)})
				}
				must(p.client.InsertManyFast(ctx, jobs))
			}
		})
	case "single":
		return timed(func() {
			var left atomic.Int64
			left.Store(int64(a.Count))
			var callers sync.WaitGroup
			for range callsInFlight {
				callers.Add(1)
				go func() {
					defer callers.Done()
					for left.Add(-1) >= 0 {
						must(p.client.Insert(ctx, args{a.DueAt}, opts(a.DueAt)))
					}
				}()
			}
			callers.Wait()
		})
	case "work":
		p.worker = &worker{hold: a.Hold}
		workers := river.NewWorkers()
		river.AddWorker(workers, p.worker)
		client := must(river.NewClient(riverpgxv5.New(p.pool), &river.Config{
			Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 500}},
			Workers:           workers,
			FetchCooldown:     10 * time.Millisecond,
			FetchPollInterval: 50 * time.Millisecond,
			Logger:            slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		}))
		if err := client.Start(ctx); err != nil {
			must(0, err)
		}
	case "reset":
		p.worker.reset()
	case "report":
		return p.worker.report()
	}
	return map[string]any{}
}

func main() {
	ctx := context.Background()
	p := &peer{}
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var a ask
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			must(0, err)
		}
		if err := out.Encode(p.answer(ctx, a)); err != nil {
			must(0, err)
		}
	}
}
