# SPDX-License-Identifier: LGPL-2.1-or-later
"""How far a compile is, as two of those who tell it say so; "" while none is under way."""
import json


def in_words(stage, done, total):
    return f'{stage} {done}/{total}' if total else stage


def on_bus(machine):
    told = json.loads(machine.out('busctl', '--json=short', 'get-property', 'org.gpuboot1', '/org/gpuboot1',
                                  'org.gpuboot1.Manager', 'Progress'))
    return in_words(*told['data'])


def in_status(machine):
    told = json.loads(machine.run('gpubootctl', 'status', '--json').stdout).get('progress')
    return in_words(told['stage'], told['done'], told['total']) if told else ''
