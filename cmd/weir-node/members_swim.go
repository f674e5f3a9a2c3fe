//go:build !wasip1

package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"weir/system/cluster/swim"
	"weir/system/distributor"
	"weir/system/message"
)

// reportWait is how long the supervisor may take to hear of a change.
const reportWait = 2 * time.Second

// openMembers begins to watch who is there; nil if that is not asked for.
func (s *service) openMembers(inc uint32) (io.Closer, error) {
	m := &s.cfg.Memberlist
	if m.Bind == "" {
		return nil, nil
	}
	key, err := m.key()
	if err != nil {
		return nil, err
	}
	w, err := swim.Start(swim.Config{
		Name: s.cfg.Name, Inc: inc, Bind: m.Bind, Join: m.Join, Key: key,
		Log: slog.NewLogLogger(s.log.With("from", "memberlist").Handler(), slog.LevelDebug),
		Report: func(name string, inc uint32, alive bool) bool {
			ctx, cancel := context.WithTimeout(context.Background(), reportWait)
			defer cancel()
			_, err := s.local.ask(ctx, distributor.Supervisor, &message.Membership{Node: name, Inc: inc, Alive: alive})
			return err == nil
		},
	})
	if err != nil {
		return nil, err // and not an interface that holds no watcher
	}
	return w, nil
}
