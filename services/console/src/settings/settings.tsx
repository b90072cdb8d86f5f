import { useMay } from '../api/session.ts';
import { View } from '../parts/view.tsx';
import { text } from '../text.ts';
import { People } from './people.tsx';
import { Rings } from './rings.tsx';
import { Sessions } from './sessions.tsx';
import { Webhooks } from './webhooks.tsx';

export default function Settings() {
  const admin = useMay('admin');
  return (
    <View title={text.settings.title}>
      <Sessions />
      {admin && <People />}
      <Webhooks />
      {admin && <Rings />}
    </View>
  );
}
