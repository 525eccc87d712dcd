// A foreign client of the contract-first service. Its argument is the address.
package main

import (
	"context"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"micro.test/interop/checks"
	"micro.test/interop/gen/greeter"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), checks.Limit)
	defer cancel()
	connection := checks.Connect(os.Args[1])
	defer connection.Close()
	say := greeter.NewSayClient(connection)

	checks.Run("unary call", func() {
		reply := checks.Must(say.Hello(ctx, &greeter.HelloRequest{Name: "Zoë"}))
		checks.Equal(reply.GetMessage(), "Hello Zoë")
		checks.Equal(reply.GetProcess() > 0, true)
	})

	checks.Run("client stream", func() {
		sum := checks.Must(say.Sum(ctx))
		for value := range int64(1000) {
			checks.Done(sum.Send(&greeter.Number{Value: value}))
		}
		checks.Equal(checks.Must(sum.CloseAndRecv()).GetValue(), 499_500)
	})

	checks.Run("server stream", func() {
		numbers := checks.Must(checks.Collect(say.Count(ctx, &greeter.CountRequest{To: 1000})))
		checks.Equal(len(numbers), 1000)
		for at, number := range numbers {
			checks.Equal(number.GetValue(), int64(at)+1)
		}
	})

	checks.Run("stream in both directions", func() {
		said := []*greeter.Line{{Text: "rain"}, {Text: "sun"}, {}}
		for at, heard := range checks.Talk(checks.Must(say.Chat(ctx)), said) {
			checks.Equal(heard.GetText(), said[at].GetText()+", you say?")
		}
	})

	checks.Run("metadata in both directions", func() {
		named := metadata.AppendToOutgoingContext(ctx, "request-id", "4711")
		var header metadata.MD
		checks.Must(say.Hello(named, &greeter.HelloRequest{Name: "Ann"}, grpc.Header(&header)))
		checks.Equal(header.Get("request-id"), []string{"4711"})
	})

	checks.Run("error with code and message", func() {
		var trailer metadata.MD
		_, err := say.Hello(ctx, &greeter.HelloRequest{}, grpc.Trailer(&trailer))
		checks.Equal(checks.Refused(err, codes.InvalidArgument), "name must not be empty")
		checks.Equal(trailer.Get("micro-error-id"), []string{"greeter"})
	})

	checks.Run("error of a stream", func() {
		numbers, err := checks.Collect(say.Count(ctx, &greeter.CountRequest{To: 1001}))
		checks.Equal(checks.Refused(err, codes.OutOfRange), "nobody counts beyond 1000")
		checks.Equal(len(numbers), 0)
	})

	checks.Run("large messages", func() {
		name := strings.Repeat("x", 1_000_000)
		reply := checks.Must(say.Hello(ctx, &greeter.HelloRequest{Name: name}))
		checks.Equal(reply.GetMessage() == "Hello "+name, true)
		_, err := say.Hello(ctx, &greeter.HelloRequest{Name: strings.Repeat("x", 5_000_000)})
		checks.Refused(err, codes.ResourceExhausted)
	})

	checks.Run("cancellation", func() {
		chatting, cancel := context.WithCancel(ctx)
		defer cancel()
		chat := checks.Must(say.Chat(chatting))
		checks.Done(chat.Send(&greeter.Line{Text: "rain"}))
		checks.Equal(checks.Must(chat.Recv()).GetText(), "rain, you say?")
		cancel()
		_, err := chat.Recv()
		checks.Refused(err, codes.Canceled)
		checks.AwaitCancelled(ctx, connection, greeter.Say_Chat_FullMethodName)
	})

	checks.Run("deadline", func() {
		soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		// Nothing is said, so nothing is answered.
		_, err := checks.Must(say.Chat(soon)).Recv()
		checks.Refused(err, codes.DeadlineExceeded)
	})

	checks.Run("call after all that", func() {
		reply := checks.Must(say.Hello(ctx, &greeter.HelloRequest{Name: "again"}))
		checks.Equal(reply.GetMessage(), "Hello again")
	})
}
