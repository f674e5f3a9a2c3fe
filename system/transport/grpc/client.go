package grpc

import (
	"context"

	rpc "google.golang.org/grpc"

	"weir/system/driver"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

// The streams that a node opens: requests go out on them, answers come in.

func openSubmit(ctx context.Context, conn *rpc.ClientConn, want string) (frames, error) {
	s, err := weirv1grpc.NewIngestServiceClient(conn).Submit(ctx)
	if err != nil {
		return nil, err
	}
	return &framed[weirv1.SubmitRequest, weirv1.SubmitResponse]{
		stream: s, header: s.Header, want: want,
		pack: func(batch []driver.Outgoing) (*weirv1.SubmitRequest, error) {
			all, err := items(batch, wire.PackSubmit, func(w *weirv1.Submission, h *weirv1.Head) { w.Head = h })
			return &weirv1.SubmitRequest{Items: all}, err
		},
		unpack: func(f *weirv1.SubmitResponse, u *unpacker) error {
			for _, w := range f.GetItems() {
				m, err := wire.UnpackResult(w)
				if err := u.answer(w.GetHead(), w.GetOutcome() != weirv1.Outcome_OUTCOME_UNSPECIFIED, m, w.GetWhy(), err); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

func openDispatch(ctx context.Context, conn *rpc.ClientConn, want string) (frames, error) {
	s, err := weirv1grpc.NewAnalyserServiceClient(conn).Dispatch(ctx)
	if err != nil {
		return nil, err
	}
	return &framed[weirv1.DispatchRequest, weirv1.DispatchResponse]{
		stream: s, header: s.Header, want: want,
		pack: func(batch []driver.Outgoing) (*weirv1.DispatchRequest, error) {
			all, err := items(batch, wire.PackDispatch, func(w *weirv1.Dispatch, h *weirv1.Head) { w.Head = h })
			return &weirv1.DispatchRequest{Items: all}, err
		},
		unpack: func(f *weirv1.DispatchResponse, u *unpacker) error {
			for _, w := range f.GetItems() {
				m, err := wire.UnpackReceipt(w)
				if err := u.answer(w.GetHead(), w.GetStatus() != weirv1.Status_STATUS_UNSPECIFIED, m, w.GetWhy(), err); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

func openProbe(ctx context.Context, conn *rpc.ClientConn, want string) (frames, error) {
	s, err := weirv1grpc.NewAnalyserServiceClient(conn).Probe(ctx)
	if err != nil {
		return nil, err
	}
	return &framed[weirv1.ProbeRequest, weirv1.ProbeResponse]{
		stream: s, header: s.Header, want: want,
		pack: func(batch []driver.Outgoing) (*weirv1.ProbeRequest, error) {
			all, err := items(batch, sure(wire.PackProbe), func(w *weirv1.Probe, h *weirv1.Head) { w.Head = h })
			return &weirv1.ProbeRequest{Items: all}, err
		},
		unpack: func(f *weirv1.ProbeResponse, u *unpacker) error {
			for _, w := range f.GetItems() {
				if err := u.answer(w.GetHead(), w.GetNumber() != 0, wire.UnpackProbeOK(w), "", nil); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

// sure makes a conversion that cannot fail look like one that can.
func sure[M, W any](pack func(M) W) func(M) (W, error) {
	return func(m M) (W, error) { return pack(m), nil }
}
