// A foreign client of the code-first service. Its argument is the address.
package main

import (
	"context"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"micro.test/interop/checks"
	"micro.test/interop/gen/ledger"
)

const trace = "4bf92f3577b34da6a3ce929d0e0e4736"

func entry(account string, cents int64) *ledger.Entry {
	return &ledger.Entry{Account: account, Cents: cents}
}

func of(account string) *ledger.AccountRequest {
	return &ledger.AccountRequest{Account: account}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), checks.Limit)
	defer cancel()
	connection := checks.Connect(os.Args[1])
	defer connection.Close()
	book := ledger.NewLedgerClient(connection)

	// Every kind of field, and an amount that no floating-point number holds.
	posted := entry("ann", 1<<53+1)
	posted.Memo = proto.String("Ünal ☂")
	posted.At = timestamppb.New(time.Unix(1_700_000_000, 123_456_789))

	checks.Run("unary call", func() {
		balance := checks.Must(book.Post(ctx, posted))
		checks.Equal(balance, &ledger.Balance{Account: "ann", Cents: 1<<53 + 1, Entries: 1})
	})

	checks.Run("client stream", func() {
		entries := checks.Must(book.Import(ctx))
		for _, one := range []*ledger.Entry{entry("ann", -1), entry("bob", 50), entry("ann", -2)} {
			checks.Done(entries.Send(one))
		}
		cents := map[string]int64{"ann": 1<<53 - 2, "bob": 50}
		checks.Equal(checks.Must(entries.CloseAndRecv()), &ledger.Imported{Entries: 3, Cents: cents})
	})

	checks.Run("server stream", func() {
		listed := checks.Must(checks.Collect(book.Statement(ctx, of("ann"))))
		checks.Equal(len(listed), 3)
		checks.Equal(listed[0], posted)
		checks.Equal(listed[1].Memo == nil, true)
		checks.Equal(listed[1].GetAt().IsValid(), true)
		checks.Equal(time.Since(listed[1].GetAt().AsTime()).Abs() < 10*time.Minute, true)
	})

	checks.Run("stream in both directions", func() {
		entries := []*ledger.Entry{entry("eve", 10), entry("eve", 20), entry("eve", 30)}
		var heard []int64
		for _, balance := range checks.Talk(checks.Must(book.Follow(ctx)), entries) {
			heard = append(heard, balance.GetCents())
		}
		checks.Equal(heard, []int64{10, 30, 60})
	})

	checks.Run("metadata in both directions", func() {
		traced := metadata.AppendToOutgoingContext(ctx, "traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
		statement := checks.Must(book.Statement(traced, of("ann")))
		checks.Equal(checks.Must(statement.Header()).Get("entries"), []string{"3"})
		checks.Equal(len(checks.Must(checks.Collect(statement, nil))), 3)
		checks.AwaitRecord(ctx, connection, trace)
	})

	checks.Run("error with code and message", func() {
		var trailer metadata.MD
		_, err := book.Total(ctx, of("Ünal"), grpc.Trailer(&trailer))
		checks.Equal(checks.Refused(err, codes.NotFound), `no account "Ünal"`)
		checks.Equal(trailer.Get("micro-error-id"), []string{"ledger"})
	})

	checks.Run("error of a stream", func() {
		balances := checks.Must(book.Follow(ctx))
		checks.Done(balances.Send(entry("zoe", 5)))
		checks.Done(balances.Send(entry("zoe", -6)))
		checks.Equal(checks.Must(balances.Recv()).GetCents(), 5)
		_, err := balances.Recv()
		checks.Equal(checks.Refused(err, codes.FailedPrecondition), `"zoe" holds 5 cents`)
	})

	checks.Run("large messages", func() {
		long := entry("big", 1)
		long.Memo = proto.String(strings.Repeat("x", 1_000_000))
		checks.Must(book.Post(ctx, long))
		listed := checks.Must(checks.Collect(book.Statement(ctx, of("big"))))
		checks.Equal(listed[0].GetMemo() == long.GetMemo(), true)
		long.Memo = proto.String(strings.Repeat("x", 5_000_000))
		_, err := book.Post(ctx, long)
		checks.Refused(err, codes.ResourceExhausted)
	})

	checks.Run("cancellation", func() {
		following, cancel := context.WithCancel(ctx)
		defer cancel()
		balances := checks.Must(book.Follow(following))
		checks.Done(balances.Send(entry("tom", 1)))
		checks.Equal(checks.Must(balances.Recv()).GetCents(), 1)
		cancel()
		_, err := balances.Recv()
		checks.Refused(err, codes.Canceled)
		checks.AwaitCancelled(ctx, connection, ledger.Ledger_Follow_FullMethodName)
	})

	checks.Run("deadline", func() {
		soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		// Nothing is posted, so nothing is answered.
		_, err := checks.Must(book.Follow(soon)).Recv()
		checks.Refused(err, codes.DeadlineExceeded)
	})

	checks.Run("call after all that", func() {
		balance := checks.Must(book.Total(ctx, of("bob")))
		checks.Equal(balance, &ledger.Balance{Account: "bob", Cents: 50, Entries: 1})
	})
}
