package federation

import "context"

// OnStep lets a test be asked at every step of the inbox and the workers whether it goes on; what f returns stops it there.
func (s *Service) OnStep(f func(step string) error) { s.fail = f }

// ErrStopped is what f returns to stop everything, as if the process had died.
var ErrStopped = errStopped

// Work does everything that is due now: renders events, does jobs, delivers.
func (s *Service) Work(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = s.renderDue(ctx); err != nil {
			return err
		}
	}
	for queue := range jobs {
		for more := true; more; {
			var err error
			if more, err = s.jobsDue(ctx, queue); err != nil {
				return err
			}
		}
	}
	return s.deliver(ctx, nil)
}

// Forgetful makes the service take the next exact repetition of a request for a new one.
func (s *Service) Forgetful() {
	s.verifier = NewVerifier(s.Base, s.keyring, s.verifier.policy)
}
