// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may change something: root alone.
//
// sd-bus's own check (a method without SD_BUS_VTABLE_UNPRIVILEGED) is not used. It would let in
// the daemon's own user, and it asks the bus in a blocking call, in the middle of the loop. Here
// the call is kept and the bus driver is asked asynchronously. The driver answers with the user
// that the kernel recorded when the caller connected (SO_PEERCRED): nothing is read from /proc,
// so ProtectProc=invisible takes nothing away and no caller can race it; and the unique name that
// is asked about is never given to anybody else.
#pragma once

#include <functional>
#include <list>

#include "base/log.hpp"
#include "bus/call.hpp"

namespace gpuboot::bus {

class Authority : Pinned {
  public:
    using Work = std::function<Result<void>(Call&)>;

    explicit Authority(const Log& log) : log_(log) {}

    /// Does `work` when the caller turns out to be root, else refuses the call with Denied. `work`
    /// answers the call; an Error it returns becomes the answer. Busy with too many open questions.
    Result<void> as_root(sd_bus* bus, const Call& call, Work work);

    const Log& log() const { return log_; }

  private:
    struct Question : Pinned {
        Question(Authority& asker, const Call& kept, Work then)
            : authority(asker), call(kept), work(std::move(then)) {}
        Result<void> on_credentials(sd_bus_message* reply);
        const Log& log() const { return authority.log(); }

        Authority& authority;
        Call call;
        Work work;
        Slot slot; ///< last: no answer comes once this is gone
    };

    const Log& log_;
    std::list<Question> questions_;
};

} // namespace gpuboot::bus
