'use client';
import type { ReactNode } from 'react';

import { changeSettings, useSettings, type Settings } from '../../hooks/use-settings.ts';
import { ChangeText } from '../../ui/change-text.tsx';
import { Choice, type ChoiceOption } from '../../ui/choice.tsx';

/** Preferences, kept in this browser. */
export function Preferences() {
  return (
    <div className="max-w-3xl">
      <Row title="Theme" hint="The wall has its own: dark, or /wall?theme=light.">
        <SettingChoice
          name="theme"
          options={[
            { value: 'dark', label: 'Dark' },
            { value: 'light', label: 'Light' },
            { value: 'system', label: 'System' },
          ]}
        />
      </Row>
      <Row title="Market colours" hint="Signs and glyphs repeat the colours in every palette.">
        <span className="flex items-center gap-3">
          <ChangeText fraction={0.0124} />
          <ChangeText fraction={-0.0087} />
          <SettingChoice
            name="palette"
            options={[
              { value: 'default', label: 'Mint and red' },
              { value: 'distinct', label: 'Blue and orange (colour-blind)' },
              { value: 'mono', label: 'Light and grey' },
            ]}
          />
        </span>
      </Row>
      <Row title="Density" hint="Touch screens get tall rows in any case.">
        <SettingChoice
          name="density"
          options={[
            { value: 'compact', label: 'Compact, 18 px' },
            { value: 'comfortable', label: 'Comfortable, 22 px' },
            { value: 'touch', label: 'Touch, 32 px' },
          ]}
        />
      </Row>
      <Row title="Times" hint="Every clock shows its zone.">
        <SettingChoice
          name="timeZone"
          options={[
            { value: 'utc', label: 'UTC' },
            { value: 'local', label: 'This computer’s zone' },
          ]}
        />
      </Row>
      <Row title="Sound of a firing alert" hint="Off by default.">
        <Toggle name="sounds" label="Sound of a firing alert" />
      </Row>
      <Row title="Single-letter shortcuts" hint="Ctrl K and Esc always work.">
        <Toggle name="letterKeys" label="Single-letter shortcuts" />
      </Row>
    </div>
  );
}

function Row(props: {
  readonly title: string;
  readonly hint: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="flex min-h-14 flex-wrap items-center justify-between gap-2 border-b border-line/60 px-3 py-2">
      <div>
        <h2 className="text-body font-semibold">{props.title}</h2>
        <p className="label">{props.hint}</p>
      </div>
      {props.children}
    </div>
  );
}

function SettingChoice<K extends 'theme' | 'palette' | 'density' | 'timeZone'>(props: {
  readonly name: K;
  readonly options: readonly ChoiceOption<Settings[K]>[];
}) {
  const settings = useSettings();
  return (
    <Choice
      label={props.name}
      value={settings[props.name]}
      options={props.options}
      onChange={(value) => changeSettings({ [props.name]: value })}
      className="h-7 min-w-44"
    />
  );
}

function Toggle(props: { readonly name: 'letterKeys' | 'sounds'; readonly label: string }) {
  const settings = useSettings();
  const on = settings[props.name];
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={props.label}
      className="control h-7 min-w-16"
      onClick={() => changeSettings({ [props.name]: !on })}
    >
      {on ? 'On' : 'Off'}
    </button>
  );
}
